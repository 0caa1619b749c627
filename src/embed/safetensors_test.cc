#include "embed/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "embed/test_safetensors.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kTwoTensors[] = R"({"__metadata__":{"format":"pt"},)"
                               R"("b":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                               R"("a":{"dtype":"I64","shape":[],"data_offsets":[8,16]}})";

// What the reader says of a file with this header and `body_bytes` bytes behind it.
std::string refusal(const std::string& header, std::size_t body_bytes) {
  try {
    parse(file_of(header, std::string(body_bytes, 'x')));
  } catch (const EmbedError& error) {
    return error.what();
  }
  return "it was read";
}

TEST(Safetensors, TensorsAreFoundByName) {
  const Safetensors file = parse(file_of(kTwoTensors, std::string(16, '\0')));
  ASSERT_EQ(file.tensors().size(), 2u);
  const Tensor* b = file.find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->type, ElementType::float32);
  EXPECT_THAT(b->shape, ElementsAre(2, 1));
  EXPECT_EQ(b->bytes.size(), 8u);
  EXPECT_EQ(file.tensors()[0].name, "a");
  EXPECT_EQ(file.tensors()[0].bytes.data(), b->bytes.data() + 8);
  EXPECT_EQ(file.find("c"), nullptr);
}

TEST(Safetensors, FloatsAreAskedForWithTheirShape) {
  const Safetensors file = parse(file_of(kTwoTensors, std::string(16, '\0')));
  const std::array<std::size_t, 2> shape = {2, 1};
  const std::array<std::size_t, 1> flat = {2};
  EXPECT_EQ(file.floats("b", shape).name, "b");
  EXPECT_THROW(file.floats("b", flat), EmbedError);
  EXPECT_THROW(file.floats("a", {}), EmbedError) << "whole numbers";
  EXPECT_THROW(file.floats("c", {}), EmbedError);
}

TEST(Safetensors, AFileWithoutTensorsIsRead) {
  EXPECT_TRUE(parse(file_of("{}", "")).tensors().empty());
}

TEST(Safetensors, ShortFilesAndLongHeadersAreRefused) {
  EXPECT_THROW(parse(""), EmbedError);
  EXPECT_THROW(parse("1234567"), EmbedError);
  std::string file = file_of("{}", "");
  file[0] = 3;
  EXPECT_THROW(parse(file), EmbedError);
  std::memset(file.data(), 0xff, 8);
  EXPECT_THROW(parse(file), EmbedError);
  file[3] = file[4] = file[5] = file[6] = file[7] = 0;
  EXPECT_THROW(parse(file), EmbedError);
}

TEST(Safetensors, EveryBeginningOfAFileIsRefused) {
  const std::string file = file_of(kTwoTensors, std::string(16, '\0'));
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(parse(file.substr(0, size)), EmbedError) << size;
  }
}

TEST(Safetensors, WhatIsNoJsonIsRefused) {
  EXPECT_THAT(refusal("", 0), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("{", 0), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("{} {}", 0), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("[]", 0), HasSubstr("a list is not expected"));
  EXPECT_THAT(refusal("7", 0), HasSubstr("a number is not expected"));
  EXPECT_THAT(refusal(std::string(100'000, '['), 0), HasSubstr("a list is not expected"));
}

TEST(Safetensors, NestingIsRefusedWithoutRecursion) {
  std::string header;
  for (int i = 0; i < 100'000; ++i) header += R"({"a":)";
  EXPECT_THAT(refusal(header, 0), HasSubstr("key a is none of"));
  EXPECT_THAT(refusal(R"({"__metadata__":)" + header, 0), HasSubstr("an object is not expected"));
}

TEST(Safetensors, ATensorMustBeComplete) {
  EXPECT_THAT(refusal(R"({"t":7})", 0), HasSubstr("tensor t: a number"));
  EXPECT_THAT(refusal(R"({"t":{}})", 0), HasSubstr("tensor t: no dtype"));
  EXPECT_THAT(refusal(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4),
              HasSubstr("two data_offsets"));
  EXPECT_THAT(refusal(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})", 4),
              HasSubstr("more than 2 offsets"));
  EXPECT_THAT(refusal(R"({"t":{"dtype":"F32","dtype":"F32"}})", 4), HasSubstr("there twice"));
  EXPECT_THAT(refusal(R"({"t":{"shape":[],"shape":[]}})", 4), HasSubstr("there twice"));
  EXPECT_THAT(refusal(R"({"t":{"what":1}})", 4), HasSubstr("what is none of"));
}

TEST(Safetensors, TypesAndExtentsAreChecked) {
  EXPECT_THAT(refusal(tensor_header("F64", "[1]", 0, 8), 8), HasSubstr("dtype F64"));
  EXPECT_THAT(refusal(tensor_header("F32", "[-1]", 0, 4), 4), HasSubstr("negative"));
  EXPECT_THAT(refusal(tensor_header("F32", "[1.5]", 0, 4), 4), HasSubstr("no unsigned"));
  EXPECT_THAT(refusal(tensor_header("F32", R"(["1"])", 0, 4), 4), HasSubstr("a text"));
  EXPECT_THAT(refusal(tensor_header("F32", "[18446744073709551616]", 0, 4), 4),
              HasSubstr("no unsigned"));
  EXPECT_THAT(refusal(tensor_header("F32", "[1,1,1,1,1,1,1,1,1]", 0, 4), 4),
              HasSubstr("more than 8 extents"));
}

TEST(Safetensors, ShapesThatOverflowAreRefused) {
  // 2^32 * 2^32 * 4 is 0 in 64 bits.
  EXPECT_THAT(refusal(tensor_header("F32", "[4294967296,4294967296]", 0, 0), 0),
              HasSubstr("more than 2^63"));
  EXPECT_THAT(refusal(tensor_header("F32", "[4611686018427387904]", 0, 0), 0),
              HasSubstr("more than 2^63"));
  EXPECT_THAT(refusal(tensor_header("F32", "[0,4294967296,4294967296]", 0, 0), 0),
              HasSubstr("more than 2^63"));
}

TEST(Safetensors, RangesMustFitTheShapeAndTheFile) {
  EXPECT_THAT(refusal(tensor_header("F32", "[2]", 0, 4), 4), HasSubstr("are not 8"));
  EXPECT_THAT(refusal(tensor_header("F32", "[1]", 4, 0), 4), HasSubstr("are not 4"));
  EXPECT_THAT(refusal(tensor_header("F32", "[1]", 0, 4), 3), HasSubstr("not within 0..3"));
  EXPECT_THAT(refusal(tensor_header("F32", "[1]", 0, 4), 5), HasSubstr("end at byte 4 of 5"));
  EXPECT_THAT(refusal(tensor_header("F32", "[1]", 1, 5), 5), HasSubstr("begins at byte 1"));
  EXPECT_THAT(refusal(R"({"t":{"dtype":"F32","shape":[0],)"
                      R"("data_offsets":[18446744073709551615,18446744073709551615]}})",
                      0),
              HasSubstr("not within"));
}

TEST(Safetensors, OverlapsGapsAndTwinsAreRefused) {
  const auto two = [](const char* second_name, int second_begin) {
    const std::string begin = std::to_string(second_begin);
    const std::string end = std::to_string(second_begin + 4);
    return R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},")" + std::string(second_name) +
           R"(":{"dtype":"F32","shape":[1],"data_offsets":[)" + begin + "," + end + "]}}";
  };
  EXPECT_THAT(refusal(two("b", 4), 8), "it was read");
  EXPECT_THAT(refusal(two("b", 2), 6), HasSubstr("tensor b: begins at byte 2"));
  EXPECT_THAT(refusal(two("b", 5), 9), HasSubstr("tensor b: begins at byte 5"));
  EXPECT_THAT(refusal(two("a", 4), 8), HasSubstr("tensor a is there twice"));
}

TEST(Safetensors, NamesHaveALimit) {
  const std::string name(kMaxTensorNameBytes + 1, 'n');
  EXPECT_THAT(refusal("{\"" + name + "\":{}}", 0), HasSubstr("1025 bytes, the limit is 1024"));
}

TEST(Safetensors, AFileThatIsNotThereIsAnEmbedError) {
  EXPECT_THROW(Safetensors::open("/nowhere/model.safetensors"), EmbedError);
}

}  // namespace
}  // namespace ruvector::embed
