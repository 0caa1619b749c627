#include "index/rbpx_rows_first.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/test_folder.h"
#include "index/rbpx_samples.h"

namespace ruvector::index {
namespace {

// The file of a sample, its rows appended in two parts.
State written(const State& state, const std::filesystem::path& path) {
  RbpxRowsFirst file(path);
  const std::size_t half = state.rows.size() / 2;
  file.append(state.rows.data(), half);
  file.append(state.rows.data() + half, state.rows.size() - half);
  EXPECT_TRUE(std::equal(state.rows.begin(), state.rows.end(), file.rows().begin()));
  return file.finish(state);
}

TEST(RbpxRowsFirst, HasTheSectionsOfASavedFileAndItsRowsFirst) {
  const base::TestFolder folder;
  for (const Metric metric : {Metric::l2, Metric::cosine}) {
    const State state = sample_state({.metric = metric});
    const std::filesystem::path path = folder.path() / "rows.rbpx";
    const State mapped = written(state, path);
    EXPECT_EQ(serialize_rbpx(mapped), serialize_rbpx(state));
    EditableImage saved(serialize_rbpx(state));
    EditableImage first(read_bytes(path));
    ASSERT_EQ(first.table.size(), saved.table.size());
    EXPECT_EQ(first.table[0].type, static_cast<std::uint32_t>(SectionType::rows));
    EXPECT_EQ(first.table[0].offset, kSectionAlignment);
    for (const SectionEntry& entry : saved.table) {
      const SectionEntry& other = first.section(static_cast<SectionType>(entry.type));
      EXPECT_EQ(other.bytes, entry.bytes);
      EXPECT_EQ(other.checksum, entry.checksum);
      EXPECT_EQ(other.element_bytes, entry.element_bytes);
    }
    EXPECT_EQ(serialize_rbpx(load_rbpx(path, state.kind, {.verify = true})), serialize_rbpx(state));
  }
}

TEST(RbpxRowsFirst, LeavesNothingWithoutAFinish) {
  const base::TestFolder folder;
  {
    RbpxRowsFirst file(folder.path() / "rows.rbpx");
    const std::vector<float> values(100);
    file.append(values.data(), values.size());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(RbpxRowsFirst, AnEmptyIndexHasNoRowsSection) {
  const base::TestFolder folder;
  const State state = sample_state({.count = 0});
  const State mapped = written(state, folder.path() / "rows.rbpx");
  EXPECT_EQ(serialize_rbpx(mapped), serialize_rbpx(state));
}

}  // namespace
}  // namespace ruvector::index
