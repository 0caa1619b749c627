#include "index/read_pattern.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/test_folder.h"
#include "index/growth.h"
#include "index/rbpx.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

// Whether the kernel was told that reads at `address` are random (proc(5), smaps, VmFlags rr).
bool is_random(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    if (words >> std::hex >> begin >> dash >> end && dash == '-') {
      inside = begin <= wanted && wanted < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line.find(" rr") != std::string::npos;
    }
  }
  ADD_FAILURE() << "no mapping holds the address";
  return false;
}

// 200 KB of rows: records, rows and blocks lie on pages of their own.
State loaded(const std::filesystem::path& path) {
  const TestVectors vectors = gaussian_vectors(1000, 50, 1);
  BuildParams params;
  params.bits = 1;
  save_rbpx(build_state(Kind::rabitq_plus, vectors.view(), params), path);
  return load_rbpx(path, Kind::rabitq_plus, {});
}

struct Pattern {
  bool rows;
  bool records;
  bool blocks;
  friend bool operator==(const Pattern&, const Pattern&) = default;
};

Pattern pattern_of(const State& state) {
  return {is_random(state.rows.data() + state.rows.size() / 2),
          is_random(state.codes.records().data() + state.codes.records().size() / 2),
          is_random(state.codes.blocks().data() + state.codes.blocks().size() / 2)};
}

constexpr Pattern kSearched = {true, true, false};
constexpr Pattern kReadWhole = {false, false, false};

TEST(ReadPattern, ALoadedIndexExpectsSearches) {
  const base::TestFolder folder;
  const State state = loaded(folder.path() / "a.rbpx");
  EXPECT_EQ(pattern_of(state), kSearched);
  EXPECT_EQ(pattern_of(spilled(state, folder.path())), kSearched);
}

TEST(ReadPattern, ItCanBeChangedForASaveAndBack) {
  const base::TestFolder folder;
  const State state = loaded(folder.path() / "a.rbpx");
  expect_whole_reads(state);
  EXPECT_EQ(pattern_of(state), kReadWhole);
  save_rbpx(state, folder.path() / "b.rbpx");
  EXPECT_EQ(pattern_of(state), kSearched);
}

TEST(ReadPattern, RowsInAnArrayOfTheUsersAreLeftAlone) {
  const base::TestFolder folder;
  const State file = loaded(folder.path() / "a.rbpx");
  expect_whole_reads(file);
  const SharedArray<float> rows{file.rows.share(), file.rows.data(), 1000, 50, 50};
  const State in_place = build_state_over(Kind::rabitq_plus, rows, BuildParams{});
  expect_searches(in_place);
  EXPECT_EQ(pattern_of(file), kReadWhole);
}

}  // namespace
}  // namespace ruvector::index
