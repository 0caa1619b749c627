#include "index/rbpx_writer.h"

#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "index/rbpx_samples.h"

namespace ruvector::index {
namespace {

std::vector<std::uint32_t> types_of(const Sample& sample) {
  std::vector<std::uint32_t> types;
  for (const SectionEntry& entry : EditableImage(serialize_rbpx(sample_state(sample))).table) {
    types.push_back(entry.type);
  }
  return types;
}

TEST(RbpxWriter, EachClassWritesTheSectionsItKeeps) {
  using Types = std::vector<std::uint32_t>;
  EXPECT_EQ(types_of({.kind = Kind::flat_f32}), (Types{1, 4, 5}));
  EXPECT_EQ(types_of({.kind = Kind::flat_f32, .metric = Metric::cosine}), (Types{1, 4, 5, 6}));
  EXPECT_EQ(types_of({.kind = Kind::rabitq}), (Types{1, 2, 3, 4, 7, 9}));
  EXPECT_EQ(types_of({.kind = Kind::rabitq, .bits = 5}), (Types{1, 2, 3, 4, 7, 8, 9}));
  EXPECT_EQ(types_of({.kind = Kind::rabitq_plus}), (Types{1, 2, 3, 4, 5, 7, 8, 9}));
  EXPECT_EQ(types_of({.kind = Kind::rabitq_asym}), (Types{1, 2, 3, 4, 7, 9}));
  EXPECT_EQ(types_of({.kind = Kind::rabitq_asym, .rerank_factor = 4}),
            (Types{1, 2, 3, 4, 5, 7, 9}));
  EXPECT_EQ(types_of({.kind = Kind::rabitq_plus, .count = 0}), (Types{1, 2, 3}));
}

TEST(RbpxWriter, SectionsAreAlignedInOrderAndEndTheFile) {
  const Bytes bytes = serialize_rbpx(sample_state({.metric = Metric::cosine}));
  EditableImage image(bytes);
  std::uint64_t end = sizeof(FileHeader) + image.table.size() * sizeof(SectionEntry);
  for (const SectionEntry& entry : image.table) {
    EXPECT_EQ(entry.offset, (end + 4095) / 4096 * 4096);
    EXPECT_EQ(entry.flags, kSectionRequired);
    EXPECT_EQ(entry.bytes % entry.element_bytes, 0U);
    end = entry.offset + entry.bytes;
  }
  EXPECT_EQ(end, bytes.size());
}

TEST(RbpxWriter, ArraysAreWrittenAsTheyLieInMemory) {
  const State state = sample_state({});
  const Bytes bytes = serialize_rbpx(state);
  EditableImage image(bytes);
  const auto expect_equal = [&](SectionType type, const auto& array) {
    const SectionEntry& entry = image.section(type);
    ASSERT_EQ(entry.bytes, array.size_bytes());
    EXPECT_EQ(std::memcmp(bytes.data() + entry.offset, array.data(), entry.bytes), 0);
  };
  expect_equal(SectionType::ids, state.ids);
  expect_equal(SectionType::rows, state.rows);
  expect_equal(SectionType::scan_blocks, state.codes.blocks());
  expect_equal(SectionType::refine_records, state.codes.records());
  expect_equal(SectionType::norms, state.codes.norms());
}

TEST(RbpxWriter, TheFileHasTheSerializedBytes) {
  const base::TestFolder folder;
  // Above 1 MiB, so that a section comes in several pieces.
  const State state = sample_state({.count = 3000, .dim = 130});
  save_rbpx(state, folder.path() / "a.rbpx");
  EXPECT_EQ(read_bytes(folder.path() / "a.rbpx"), serialize_rbpx(state));
}

}  // namespace
}  // namespace ruvector::index
