#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "embed/safetensors.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

class WriteSafetensors : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path directory_ = std::filesystem::path(testing::TempDir()) /
                                           ("ruvector_safetensors_" + std::to_string(::getpid()));
  const std::filesystem::path path_ = directory_ / "model.safetensors";

  const std::array<float, 6> floats_ = {1, 2, 3, 4, 5, 6};
  const std::array<std::uint16_t, 3> halves_ = {0x3c00, 0x4000, 0x4200};
  const std::array<std::int64_t, 2> numbers_ = {-1, 1};
  const std::vector<Tensor> tensors_ = {
      {"halves", ElementType::float16, {3}, std::as_bytes(std::span(halves_))},
      {"a \"matrix\"", ElementType::float32, {2, 3}, std::as_bytes(std::span(floats_))},
      {"numbers", ElementType::int64, {2}, std::as_bytes(std::span(numbers_))},
      {"none", ElementType::bfloat16, {0, 7}, {}},
  };
};

TEST_F(WriteSafetensors, WhatIsWrittenIsReadAgain) {
  write_safetensors(path_, tensors_);
  const Safetensors file = Safetensors::open(path_);
  ASSERT_EQ(file.tensors().size(), tensors_.size());
  for (const Tensor& tensor : tensors_) {
    const Tensor* read = file.find(tensor.name);
    ASSERT_NE(read, nullptr) << tensor.name;
    EXPECT_EQ(read->type, tensor.type);
    EXPECT_EQ(read->shape, tensor.shape);
    ASSERT_EQ(read->bytes.size(), tensor.bytes.size());
    if (tensor.bytes.empty()) continue;
    EXPECT_EQ(std::memcmp(read->bytes.data(), tensor.bytes.data(), tensor.bytes.size()), 0);
    const std::size_t place = reinterpret_cast<std::uintptr_t>(read->bytes.data());
    EXPECT_EQ(place % size_of(tensor.type), 0u) << tensor.name << " is not aligned";
  }
}

TEST_F(WriteSafetensors, TheFileIsAsTheFormatSays) {
  write_safetensors(path_, std::span(tensors_).subspan(2, 1));
  std::ifstream in(path_, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string header = R"({"numbers":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  ASSERT_EQ(bytes.size(), 8 + padded.size() + 16);
  EXPECT_EQ(bytes.substr(0, 8),
            std::string(1, static_cast<char>(padded.size())) + std::string(7, '\0'));
  EXPECT_EQ(bytes.substr(8, padded.size()), padded);
  EXPECT_EQ(std::memcmp(bytes.data() + 8 + padded.size(), numbers_.data(), 16), 0);
}

TEST_F(WriteSafetensors, WhatAReaderWouldRefuseIsNotWritten) {
  const auto refuses = [&](std::vector<Tensor> tensors) {
    EXPECT_THROW(write_safetensors(path_, tensors), std::invalid_argument);
    EXPECT_FALSE(std::filesystem::exists(path_));
  };
  refuses({tensors_[0], tensors_[0]});
  refuses({{"", ElementType::float32, {6}, std::as_bytes(std::span(floats_))}});
  refuses({{"__metadata__", ElementType::float32, {6}, std::as_bytes(std::span(floats_))}});
  refuses({{"short", ElementType::float32, {7}, std::as_bytes(std::span(floats_))}});
  refuses({{"\xff", ElementType::float32, {6}, std::as_bytes(std::span(floats_))}});
  refuses({{"huge", ElementType::float32, {std::size_t{1} << 62, 4}, {}}});
  refuses({{"deep", ElementType::float32, std::vector<std::size_t>(9, 1),
            std::as_bytes(std::span(floats_)).first(4)}});
}

TEST_F(WriteSafetensors, ADirectoryThatIsNotThereIsAPersistError) {
  EXPECT_THROW(write_safetensors(directory_ / "no" / "file", tensors_), PersistError);
}

}  // namespace
}  // namespace ruvector::embed
