#include "lake/arrow_column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "lake/arrow_samples.h"

namespace ruvector::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A sample with its exported halves, released with it.
struct Exported {
  explicit Exported(const SampleArray& sample) {
    SampleExport::schema(sample, &counts, schema.get());
    auto owner = std::make_shared<ArrowOwner<ArrowArray>>();
    SampleExport::array(sample, &counts, owner->get());
    array = std::move(owner);
  }
  ReleaseCounts counts;
  ArrowOwner<ArrowSchema> schema;
  std::shared_ptr<ArrowOwner<ArrowArray>> array;
};

template <class T>
std::vector<T> values_of(const SharedArray<T>& array) {
  return {array.data, array.data + array.rows * array.cols};
}

std::vector<Id> ids_of(const SampleArray& sample, const ArrowRows& rows) {
  Exported exported(sample);
  return values_of(
      ArrowIdColumn(*exported.schema, "id").read(**exported.array, rows, exported.array));
}

std::vector<float> vectors_of(const SampleArray& sample, const ArrowRows& rows,
                              std::size_t dim = 0) {
  Exported exported(sample);
  return values_of(
      ArrowVectorColumn(*exported.schema, "v").read(**exported.array, rows, dim, exported.array));
}

// The message that `read` is refused with; "" if it is not.
template <class Read>
std::string refusal(Read read) {
  try {
    read();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

template <class T>
SampleArray values(const std::string& format, const std::vector<T>& list) {
  return SampleArray::of_values(format, "item", static_cast<std::int64_t>(list.size()),
                                bytes_of(list));
}

SampleArray three_lists() {
  return SampleArray::of_fixed_lists("v", 3, 2, values<float>("f", {1, 2, 3, 4, 5, 6}));
}

TEST(FirstNull, IsFoundAtEveryOffsetAndLength) {
  for (std::size_t null = 0; null < 40; ++null) {
    std::vector<std::uint8_t> bitmap(5, 0xff);
    bitmap[null / 8] = static_cast<std::uint8_t>(0xffu & ~(1u << (null % 8)));
    for (std::size_t begin = 0; begin < 40; ++begin) {
      for (std::size_t count = 0; begin + count <= 40; ++count) {
        const bool is_in = null >= begin && null < begin + count;
        EXPECT_EQ(first_null(bitmap.data(), begin, count), is_in ? null - begin : count);
      }
    }
  }
}

TEST(ArrowIdColumn, TakesIntegersOfEveryWidth) {
  EXPECT_THAT(ids_of(values<std::int8_t>("c", {1, 127}), {0, 2}), ElementsAre(1, 127));
  EXPECT_THAT(ids_of(values<std::uint8_t>("C", {1, 255}), {0, 2}), ElementsAre(1, 255));
  EXPECT_THAT(ids_of(values<std::int16_t>("s", {1, 32767}), {0, 2}), ElementsAre(1, 32767));
  EXPECT_THAT(ids_of(values<std::uint16_t>("S", {1, 65535}), {0, 2}), ElementsAre(1, 65535));
  EXPECT_THAT(ids_of(values<std::int32_t>("i", {1, 2147483647}), {0, 2}),
              ElementsAre(1, 2147483647));
  EXPECT_THAT(ids_of(values<std::uint32_t>("I", {1, 4294967295}), {0, 2}),
              ElementsAre(1, 4294967295));
  EXPECT_THAT(
      ids_of(values<std::int64_t>("l", {1, std::numeric_limits<std::int64_t>::max()}), {0, 2}),
      ElementsAre(1, 0x7fffffffffffffff));
  EXPECT_THAT(ids_of(values<std::uint64_t>("L", {1, std::numeric_limits<Id>::max()}), {0, 2}),
              ElementsAre(1, std::numeric_limits<Id>::max()));
}

TEST(ArrowIdColumn, ReadsWideIdsInPlaceAndKeepsTheirOwner) {
  Exported exported(values<std::uint64_t>("L", {7, 8, 9}));
  const auto* memory = static_cast<const Id*>((**exported.array).buffers[1]);
  const auto ids =
      ArrowIdColumn(*exported.schema, "id").read(**exported.array, {1, 2, 0}, exported.array);
  EXPECT_EQ(ids.data, memory + 1);
  EXPECT_EQ(ids.owner, exported.array);
}

TEST(ArrowIdColumn, CopiesIdsThatAreNotAligned) {
  SampleArray sample = values<std::uint64_t>("L", {7, 8});
  ByteVector& bytes = sample.buffers[1].second;
  bytes.insert(bytes.begin(), std::byte{0});
  Exported exported(sample);
  const void*& buffer = (**exported.array).buffers[1];
  buffer = static_cast<const std::byte*>(buffer) + 1;
  const auto ids =
      ArrowIdColumn(*exported.schema, "id").read(**exported.array, {0, 2, 0}, exported.array);
  EXPECT_THAT(values_of(ids), ElementsAre(7, 8));
  EXPECT_NE(ids.owner, exported.array);
}

TEST(ArrowIdColumn, AppliesTheOffsetAndTheSlice) {
  SampleArray sample = values<std::int32_t>("i", {10, 11, 12, 13, 14});
  sample.offset = 1;
  sample.length = 4;
  EXPECT_THAT(ids_of(sample, {2, 2, 0}), ElementsAre(13, 14));
}

TEST(ArrowIdColumn, NamesTheRowOfANegativeId) {
  EXPECT_EQ(refusal([] { ids_of(values<std::int64_t>("l", {1, -5}), {0, 2, 100}); }),
            "column 'id': row 101 is -5, below 0");
  EXPECT_EQ(refusal([] { ids_of(values<std::int8_t>("c", {-1}), {0, 1, 0}); }),
            "column 'id': row 0 is -1, below 0");
}

TEST(ArrowIdColumn, NamesTheRowOfANull) {
  SampleArray sample = values<std::int64_t>("l", {1, 2, 3, 4});
  sample.set_bitmap({0b1011}, 1);
  sample.offset = 1;
  sample.length = 3;
  EXPECT_EQ(refusal([&] { ids_of(sample, {0, 3, 10}); }), "column 'id': row 11 is null");
  EXPECT_THAT(ids_of(sample, {2, 1, 0}), ElementsAre(4));  // the null is not in this slice
  sample.null_count = -1;                                  // not counted
  EXPECT_EQ(refusal([&] { ids_of(sample, {0, 3, 0}); }), "column 'id': row 1 is null");
}

TEST(ArrowIdColumn, RefusesTypesThatAreNoIntegers) {
  for (const char* format : {"f", "u", "n", "b", "tss:", "vu", ""}) {
    SampleArray sample = values<std::int64_t>("l", {1});
    sample.format = format;
    EXPECT_THAT(refusal([&] { ids_of(sample, {0, 1}); }), HasSubstr("has the Arrow type"));
  }
  Exported exported(values<std::int32_t>("i", {0}));
  ArrowSchema dictionary{};
  exported.schema->dictionary = &dictionary;
  EXPECT_THAT(refusal([&] { ArrowIdColumn(*exported.schema, "id"); }),
              HasSubstr("dictionary-encoded"));
  exported.schema->dictionary = nullptr;
  exported.schema->format = nullptr;
  EXPECT_THAT(refusal([&] { ArrowIdColumn(*exported.schema, "id"); }), HasSubstr("has no type"));
}

TEST(ArrowIdColumn, RefusesArraysThatContradictThemselves) {
  const SampleArray good = values<std::int64_t>("l", {1, 2});
  const auto refused = [&](auto change, const ArrowRows& rows) {
    SampleArray bad = good;
    change(bad);
    return refusal([&] { ids_of(bad, rows); });
  };
  const auto nothing = [](SampleArray&) {};
  const std::size_t huge = std::numeric_limits<std::size_t>::max();
  EXPECT_THAT(refused(nothing, {0, 3}), HasSubstr("has length 2"));
  EXPECT_THAT(refused(nothing, {huge, 3}), HasSubstr("has length 2"));
  EXPECT_THAT(refused([](SampleArray& a) { a.length = -2; }, {0, 2}), HasSubstr("length -2"));
  EXPECT_THAT(refused([](SampleArray& a) { a.offset = -1; }, {0, 2}), HasSubstr("offset -1"));
  EXPECT_THAT(
      refused([](SampleArray& a) { a.offset = std::numeric_limits<std::int64_t>::max(); }, {0, 2}),
      HasSubstr("offset 9223372036854775807"));
  EXPECT_THAT(refused([](SampleArray& a) { a.buffers.pop_back(); }, {0, 2}),
              HasSubstr("has 1 buffers, not 2"));
  EXPECT_THAT(refused([](SampleArray& a) { a.buffers[1].first = false; }, {0, 2}),
              HasSubstr("buffer 1 is missing"));
  EXPECT_THAT(refused([](SampleArray& a) { a.null_count = 1; }, {0, 2}),
              HasSubstr("no bitmap of them"));
}

TEST(ArrowVectorColumn, ReadsFloatListsInPlace) {
  Exported exported(three_lists());
  const auto* memory = static_cast<const float*>((**exported.array).children[0]->buffers[1]);
  const auto rows =
      ArrowVectorColumn(*exported.schema, "v").read(**exported.array, {1, 2, 0}, 0, exported.array);
  EXPECT_EQ(rows.data, memory + 2);
  EXPECT_EQ(rows.rows, 2u);
  EXPECT_EQ(rows.cols, 2u);
  EXPECT_EQ(rows.row_stride, 2u);
  EXPECT_EQ(rows.owner, exported.array);
  EXPECT_THAT(values_of(rows), ElementsAre(3, 4, 5, 6));
}

TEST(ArrowVectorColumn, AddsUpTheOffsetsOfListsAndElements) {
  SampleArray sample = three_lists();
  sample.children[0] = values<float>("f", {-1, 1, 2, 3, 4, 5, 6});
  sample.children[0].offset = 1;
  sample.children[0].length = 6;
  sample.offset = 1;
  sample.length = 2;
  EXPECT_THAT(vectors_of(sample, {0, 2}), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(vectors_of(sample, {1, 1}), ElementsAre(5, 6));
}

TEST(ArrowVectorColumn, ReadsListsOfBothOffsetWidths) {
  const SampleArray elements = values<float>("f", {9, 1, 2, 3, 4, 5, 6});
  SampleArray lists = SampleArray::of_lists<std::int32_t>("v", {0, 1, 3, 5, 7}, elements);
  lists.offset = 1;
  lists.length = 3;
  EXPECT_THAT(vectors_of(lists, {0, 3}), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(vectors_of(lists, {1, 1}), ElementsAre(3, 4));
  const auto large = SampleArray::of_lists<std::int64_t>("v", {1, 3, 5, 7}, elements);
  EXPECT_THAT(vectors_of(large, {0, 3}), ElementsAre(1, 2, 3, 4, 5, 6));
  Exported exported(large);
  const auto rows =
      ArrowVectorColumn(*exported.schema, "v").read(**exported.array, {0, 3, 0}, 0, exported.array);
  EXPECT_EQ(rows.owner, exported.array);
}

TEST(ArrowVectorColumn, ConvertsOtherNumbers) {
  const auto of = [](SampleArray elements) {
    return SampleArray::of_fixed_lists("v", 1, 3, std::move(elements));
  };
  EXPECT_THAT(vectors_of(of(values<double>("g", {0.5, -2, 1e-3})), {0, 1}),
              ElementsAre(0.5f, -2.0f, 1e-3f));
  EXPECT_THAT(vectors_of(of(values<std::uint16_t>("e", {0x3c00, 0xc000, 0x3555})), {0, 1}),
              ElementsAre(1.0f, -2.0f, 0.333251953125f));
  EXPECT_THAT(vectors_of(of(values<std::int8_t>("c", {-128, 0, 127})), {0, 1}),
              ElementsAre(-128.0f, 0.0f, 127.0f));
  EXPECT_THAT(vectors_of(of(values<std::uint8_t>("C", {1, 0, 255})), {0, 1}),
              ElementsAre(1.0f, 0.0f, 255.0f));
}

TEST(ArrowVectorColumn, ReadsFixedSizeBinariesAsFloats) {
  SampleArray sample = values<float>("w:8", {1, 2, 3, 4, 5, 6});
  sample.offset = 1;
  sample.length = 2;
  EXPECT_THAT(vectors_of(sample, {0, 2}), ElementsAre(3, 4, 5, 6));
  sample.format = "w:7";
  EXPECT_THAT(refusal([&] { vectors_of(sample, {0, 2}); }), HasSubstr("binaries of 7 bytes"));
}

TEST(ArrowVectorColumn, NamesTheRowOfANull) {
  SampleArray sample = three_lists();
  sample.set_bitmap({0b101}, 1);
  EXPECT_EQ(refusal([&] { vectors_of(sample, {0, 3, 50}); }), "column 'v': row 51 is null");
  sample = three_lists();
  sample.children[0].set_bitmap({0b101111}, 1);
  EXPECT_EQ(refusal([&] { vectors_of(sample, {0, 3, 50}); }),
            "column 'v': row 52 has a null at dimension 0");
  EXPECT_THAT(vectors_of(sample, {0, 2}), ElementsAre(1, 2, 3, 4));
}

TEST(ArrowVectorColumn, NamesTheRowOfAnotherLength) {
  const SampleArray elements = values<float>("f", {1, 2, 3, 4, 5});
  const auto lists = SampleArray::of_lists<std::int32_t>("v", {0, 2, 4, 5}, elements);
  EXPECT_EQ(refusal([&] { vectors_of(lists, {0, 3, 7}); }),
            "column 'v': row 9 has 1 dimensions, not 2");
  EXPECT_EQ(refusal([&] { vectors_of(lists, {0, 2, 7}, 3); }),
            "column 'v': row 7 has 2 dimensions, not 3");
  EXPECT_EQ(refusal([&] { vectors_of(three_lists(), {0, 3, 7}, 4); }),
            "column 'v': row 7 has 2 dimensions, not 4");
}

TEST(ArrowVectorColumn, RefusesDimensionsBeyondTheLimits) {
  SampleArray sample = three_lists();
  for (const char* format : {"+w:0", "+w:8193", "w:0", "w:32772"}) {
    sample.format = format;
    EXPECT_THAT(refusal([&] { vectors_of(sample, {0, 3}); }), HasSubstr("not 1..8192")) << format;
  }
  for (const char* format : {"+w:", "+w:x", "+w:-2", "+w:99999999999", "+w:2,", "+s", "f", "+vl"}) {
    sample.format = format;
    EXPECT_THAT(refusal([&] { vectors_of(sample, {0, 3}); }), HasSubstr("has the Arrow type"))
        << format;
  }
  const auto empty_lists =
      SampleArray::of_lists<std::int32_t>("v", {0, 0, 0}, values<float>("f", {1}));
  EXPECT_THAT(refusal([&] { vectors_of(empty_lists, {0, 2}); }), HasSubstr("not 1..8192"));
}

TEST(ArrowVectorColumn, RefusesOffsetsThatRunBackwardsOrOut) {
  const SampleArray elements = values<float>("f", {1, 2, 3, 4});
  const auto refused = [&](const std::vector<std::int64_t>& offsets) {
    const auto lists = SampleArray::of_lists<std::int64_t>("v", offsets, elements);
    return refusal([&] { vectors_of(lists, {0, offsets.size() - 1}); });
  };
  EXPECT_THAT(refused({0, 2, 0}), HasSubstr("row 1 goes from element 2 to 0"));
  EXPECT_THAT(refused({-2, 0, 2}), HasSubstr("row 0 goes from element -2 to 0"));
  EXPECT_THAT(refused({2, 4, 6}), HasSubstr("column 'v.item': has length 4"));
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(refused({huge - 2, huge}), HasSubstr("column 'v.item': has length 4"));
}

TEST(ArrowVectorColumn, RefusesListsWithoutTheirElements) {
  SampleArray sample = three_lists();
  sample.children[0].length = 5;
  EXPECT_THAT(refusal([&] { vectors_of(sample, {0, 3}); }), HasSubstr("'v.item': has length 5"));
  sample.children.clear();
  EXPECT_THAT(refusal([&] { vectors_of(sample, {0, 3}); }), HasSubstr("0 types of elements"));
  sample = three_lists();
  sample.children[0].format = "u";
  EXPECT_THAT(refusal([&] { vectors_of(sample, {0, 3}); }),
              HasSubstr("elements of the Arrow type"));
  Exported exported(three_lists());
  (*exported.array)->n_children = 0;
  EXPECT_THAT(refusal([&] {
                ArrowVectorColumn(*exported.schema, "v")
                    .read(**exported.array, {0, 3, 0}, 0, exported.array);
              }),
              HasSubstr("0 arrays of elements"));
  (*exported.array)->n_children = 1;
}

}  // namespace
}  // namespace ruvector::lake
