#include "index/rbpx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "index/rbpx_samples.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const PersistError& error) {
    return error.what();
  }
  return "no PersistError";
}

void expect_same(const State& a, const State& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.dim, b.dim);
  EXPECT_EQ(a.metric, b.metric);
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.rerank_factor, b.rerank_factor);
  EXPECT_EQ(a.bits, b.bits);
  EXPECT_EQ(a.keeps_rows, b.keeps_rows);
  EXPECT_EQ(a.trained_on, b.trained_on);
  EXPECT_EQ(a.id_map.identity(), b.id_map.identity());
  EXPECT_EQ(a.encoder.has_value(), b.encoder.has_value());
  // The bytes hold every array and the encoder.
  EXPECT_EQ(serialize_rbpx(a), serialize_rbpx(b));
}

std::string name_of(const ::testing::TestParamInfo<Sample>& info) {
  static constexpr const char* kMetrics[] = {"_l2", "_ip", "_cosine"};
  const Sample& s = info.param;
  return std::string(kind_name(s.kind)) + kMetrics[static_cast<int>(s.metric)] + "_n" +
         std::to_string(s.count) + "_d" + std::to_string(s.dim) +
         (s.bits ? "_bits" + std::to_string(*s.bits) : "") +
         (s.rerank_factor ? "_rerank" + std::to_string(*s.rerank_factor) : "") +
         (s.partitions ? "_lists" + std::to_string(*s.partitions) : "") +
         (s.counted_ids ? "_counted" : "");
}

std::vector<Sample> all_samples() {
  std::vector<Sample> samples;
  for (const Kind kind : {Kind::flat_f32, Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym}) {
    for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
      samples.push_back({.kind = kind, .metric = metric});
      samples.push_back({.kind = kind, .count = 64, .dim = 300, .metric = metric});
    }
    samples.push_back({.kind = kind, .count = 1, .dim = 1});
    samples.push_back({.kind = kind, .count = 65, .dim = 65, .counted_ids = true});
    if (kind == Kind::flat_f32) continue;
    for (std::uint32_t bits = 1; bits <= 8; ++bits) samples.push_back({.kind = kind, .bits = bits});
  }
  samples.push_back({.kind = Kind::rabitq_plus, .rerank_factor = 3});
  samples.push_back({.kind = Kind::rabitq_asym, .rerank_factor = 1024});
  samples.push_back({.kind = Kind::rabitq_asym, .metric = Metric::cosine, .rerank_factor = 5});
  for (const Kind kind : {Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym}) {
    samples.push_back({.kind = kind, .partitions = 1});
    samples.push_back({.kind = kind, .count = 700, .metric = Metric::cosine, .partitions = 9});
    samples.push_back(
        {.kind = kind, .count = 5, .dim = 300, .metric = Metric::ip, .partitions = 9});
    samples.push_back({.kind = kind, .count = 64, .partitions = 4});  // divides when it grows
  }
  return samples;
}

class RbpxRoundTrip : public ::testing::TestWithParam<Sample> {};

TEST_P(RbpxRoundTrip, SearchAfterLoadIsBitIdenticalToSearchBeforeSave) {
  const base::TestFolder folder;
  const State before = sample_state(GetParam());
  const std::vector<Hit> expected = sample_hits(before);
  ASSERT_FALSE(expected.empty());
  save_rbpx(before, folder.path() / "a.rbpx");
  const State mapped = load_rbpx(folder.path() / "a.rbpx", before.kind, {});
  const State verified = load_rbpx(folder.path() / "a.rbpx", before.kind, {.verify = true});
  const State copied = deserialize_rbpx(serialize_rbpx(before), before.kind);
  for (const State* after : {&mapped, &verified, &copied}) {
    EXPECT_TRUE(same_bits(sample_hits(*after), expected));
    expect_same(*after, before);
  }
  EXPECT_TRUE(mapped.ids.is_mapped());
  EXPECT_FALSE(copied.ids.is_mapped());
}

TEST_P(RbpxRoundTrip, ALoadedIndexGrowsAndShrinksLikeTheSavedOne) {
  const base::TestFolder folder;
  State before = sample_state(GetParam());
  save_rbpx(before, folder.path() / "a.rbpx");
  const Bytes file = read_bytes(folder.path() / "a.rbpx");
  State after = load_rbpx(folder.path() / "a.rbpx", before.kind, {});
  const std::vector<float> rows = sample_rows(70, before.dim, 3);
  std::vector<Id> ids(70);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = 1'000'000 + i;
  const std::vector<Id> gone = {ids[3], before.ids[0], ids[60]};
  for (State* state : {&before, &after}) {
    append(*state, ids, {rows.data(), 70, state->dim}, 2, {});
    remove(*state, gone);
  }
  expect_same(after, before);
  EXPECT_TRUE(same_bits(sample_hits(after), sample_hits(before)));
  EXPECT_EQ(read_bytes(folder.path() / "a.rbpx"), file) << "the mapped file was written to";
}

INSTANTIATE_TEST_SUITE_P(AllClasses, RbpxRoundTrip, ::testing::ValuesIn(all_samples()), name_of);

TEST(Rbpx, TheQueriesOfACalibrationAreKept) {
  const base::TestFolder folder;
  for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
    State before = sample_state({.count = 300, .metric = metric, .partitions = 8});
    const std::vector<float> queries = sample_rows(50, before.dim, 7);
    calibrate(before, {queries.data(), 50, before.dim}, 2);
    save_rbpx(before, folder.path() / "a.rbpx");
    EXPECT_EQ(EditableImage(serialize_rbpx(before)).header.minor, kRbpxMinorOfWeights);
    State after = load_rbpx(folder.path() / "a.rbpx", before.kind, {.verify = true});
    EXPECT_EQ(after.partition->queries.size(), 50 * before.dim);
    const std::vector<float> rows = sample_rows(500, before.dim, 3);
    std::vector<Id> ids(500);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = 1'000'000 + i;
    for (State* state : {&before, &after}) {
      append(*state, ids, {rows.data(), 500, state->dim}, 2, {});
      EXPECT_GT(state->partition->layout.list_count(), 8U);
    }
    expect_same(after, before);
  }
}

TEST(Rbpx, AnEmptyIndexComesBackEmpty) {
  const base::TestFolder folder;
  for (const Kind kind : {Kind::flat_f32, Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym}) {
    State state = sample_state({.kind = kind, .count = 0, .dim = 7});
    save_rbpx(state, folder.path() / "a.rbpx");
    State loaded = load_rbpx(folder.path() / "a.rbpx", kind, {.verify = true});
    EXPECT_EQ(loaded.size(), 0U);
    EXPECT_EQ(loaded.dim, 7U);
    const std::vector<float> row(7, 1.0F);
    const Id id = 5;
    append(loaded, {&id, 1}, {row.data(), 1, 7}, 1, {});
    EXPECT_EQ(search(loaded, row, 1, {}, nullptr).at(0).id, 5U);
  }
}

TEST(Rbpx, AFileOfAnotherClassSaysWhichClassLoadsIt) {
  const base::TestFolder folder;
  save_rbpx(sample_state({.kind = Kind::rabitq_asym}), folder.path() / "a.rbpx");
  EXPECT_THAT(message_of([&] { load_rbpx(folder.path() / "a.rbpx", Kind::flat_f32, {}); }),
              AllOf(HasSubstr("a.rbpx"), HasSubstr("load it as RabitqAsymIndex"),
                    HasSubstr("not as FlatF32Index")));
}

TEST(Rbpx, WhatIsNoIndexFileIsRefusedByName) {
  const base::TestFolder folder;
  const auto load = [&](const char* name) {
    return message_of([&] { load_rbpx(folder.path() / name, Kind::rabitq_plus, {}); });
  };
  EXPECT_THAT(load("missing.rbpx"), AllOf(HasSubstr("missing.rbpx"), HasSubstr("No such file")));
  std::filesystem::create_directory(folder.path() / "folder");
  EXPECT_THAT(load("folder"), HasSubstr("is a directory"));
  write_bytes(folder.path() / "empty", {});
  EXPECT_THAT(load("empty"), HasSubstr("is empty"));
  const std::string text = "these are not the vectors you are looking for, and it is long enough";
  write_bytes(folder.path() / "text", std::as_bytes(std::span(text)));
  EXPECT_THAT(load("text"), HasSubstr("is no .rbpx file"));
  const std::string future = "rbpx0003" + std::string(200, '\0');
  write_bytes(folder.path() / "future", std::as_bytes(std::span(future)));
  EXPECT_THAT(load("future"), HasSubstr("of a version that this program does not read"));
}

TEST(Rbpx, SavingIntoAMissingFolderFailsByName) {
  const base::TestFolder folder;
  EXPECT_THAT(message_of([&] { save_rbpx(sample_state({}), folder.path() / "none" / "a.rbpx"); }),
              AllOf(HasSubstr("a.rbpx"), HasSubstr("No such file or directory")));
}

}  // namespace
}  // namespace ruvector::index
