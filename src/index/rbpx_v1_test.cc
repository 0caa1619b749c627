#include "index/rbpx_v1.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>

#include "base/test_folder.h"
#include "index/rbpx_samples.h"

namespace ruvector::index {
namespace {

using ::testing::HasSubstr;

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(RUVECTOR_GOLDEN_DIR) / "rbpx_v1" / name;
}

struct GoldenQuery {
  std::vector<float> query;
  std::vector<Hit> hits;
};

// Takes the queries and their exact results out of a golden JSON file, whose keys are fixed.
std::vector<GoldenQuery> golden_queries(const std::string& name) {
  const Bytes bytes = read_bytes(golden(name + ".json"));
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto after = [&](const std::string& key, std::size_t from) {
    const std::size_t at = text.find(key, from);
    return at == std::string::npos ? at : at + key.size();
  };
  std::vector<GoldenQuery> queries;
  for (std::size_t at = after("\"query\":[", 0); at != std::string::npos;
       at = after("\"query\":[", at)) {
    GoldenQuery golden_query;
    const char* number = text.data() + at;
    for (char* end = nullptr; number[-1] != ']'; number = end + 1) {
      golden_query.query.push_back(std::strtof(number, &end));
    }
    at = after("\"plus_k3\":[", at);
    const std::size_t list_end = text.find(']', at);
    for (std::size_t hit = after("\"id\":", at); hit < list_end; hit = after("\"id\":", hit)) {
      const std::size_t score = after("\"score_f32_bits\":\"", hit);
      golden_query.hits.push_back({std::strtoull(text.data() + hit, nullptr, 10),
                                   std::bit_cast<float>(static_cast<std::uint32_t>(
                                       std::strtoul(text.substr(score, 8).c_str(), nullptr, 16)))});
    }
    queries.push_back(golden_query);
  }
  return queries;
}

class GoldenV1 : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenV1, SearchesGiveTheResultsThatTheWritingProgramGave) {
  const State state = load_rbpx(golden(GetParam() + std::string(".rbpx")), Kind::rabitq_plus, {});
  const std::vector<GoldenQuery> queries = golden_queries(GetParam());
  ASSERT_EQ(queries.size(), 4U);
  for (const GoldenQuery& golden_query : queries) {
    ASSERT_EQ(golden_query.query.size(), state.dim);
    ASSERT_EQ(golden_query.hits.size(), std::min<std::size_t>(3, state.size()));
    for (const SearchParams& params : {SearchParams{}, SearchParams{.confidence = 0.9999F}}) {
      EXPECT_TRUE(
          same_bits(search(state, golden_query.query, 3, params, nullptr), golden_query.hits));
    }
  }
}

TEST_P(GoldenV1, SavingAsVersion1GivesTheFileBack) {
  const base::TestFolder folder;
  const auto path = golden(GetParam() + std::string(".rbpx"));
  save_rbpx_v1(load_rbpx(path, Kind::rabitq_plus, {}), folder.path() / "again.rbpx");
  EXPECT_EQ(read_bytes(folder.path() / "again.rbpx"), read_bytes(path));
}

std::string name_of(const ::testing::TestParamInfo<const char*>& file) { return file.param; }

INSTANTIATE_TEST_SUITE_P(Files, GoldenV1,
                         ::testing::Values("n5_d8", "n100_d100", "n7_d8_sparse_ids", "n1_d65"),
                         name_of);

TEST(RbpxV1, SeedAndRerankFactorComeFromTheFile) {
  const State state = load_rbpx(golden("n7_d8_sparse_ids.rbpx"), Kind::rabitq_plus, {});
  EXPECT_EQ(state.seed, 1337U);
  EXPECT_EQ(state.rerank_factor, 3U);
  EXPECT_EQ(state.ids[3], 4'000'000'000U);
  EXPECT_EQ(state.metric, Metric::l2);
}

class DamagedV1 : public ::testing::Test {
 protected:
  std::string after(const std::function<void(Bytes&)>& change) {
    Bytes bytes = read_bytes(golden("n5_d8.rbpx"));
    change(bytes);
    return refusal(folder_, bytes, Kind::rabitq_plus, false);
  }
  template <class T>
  std::string with(std::size_t offset, T value) {
    return after([&](Bytes& b) { std::memcpy(b.data() + offset, &value, sizeof(value)); });
  }

  const base::TestFolder folder_;
};

// The cases of load_cases.json. What the writing program takes without a word and cannot be right
// (trailing bytes, version 0, NaN) is refused here.
TEST_F(DamagedV1, TheCasesThatTheWritingProgramRefusesAreRefused) {
  EXPECT_THAT(after([](Bytes& b) { b.pop_back(); }), HasSubstr("211 bytes long, expected 212"));
  EXPECT_THAT(with(8, 2U), HasSubstr("version 2 under the magic of version 1"));
  EXPECT_THAT(after([](Bytes& b) { b.clear(); }), HasSubstr("is empty"));
}

TEST_F(DamagedV1, TrailingBytesVersionZeroAndNanAreRefused) {
  EXPECT_THAT(after([](Bytes& b) { b.push_back({}); }), HasSubstr("213 bytes long, expected 212"));
  EXPECT_THAT(with(8, 0U), HasSubstr("version 0"));
  EXPECT_THAT(with(36 + 4 * 2, std::numeric_limits<float>::quiet_NaN()),
              HasSubstr("row 0 is not finite"));
}

TEST_F(DamagedV1, LimitsAreKept) {
  EXPECT_THAT(with(12, 0U), HasSubstr("dim is 0"));
  EXPECT_THAT(with(12, 8193U), HasSubstr("dim is 8193"));
  EXPECT_THAT(with(24, 1025U), HasSubstr("rerank_factor is 1025"));
  EXPECT_THAT(with(28, 100'000'001U), HasSubstr("n is 100000001"));
  EXPECT_THAT(with(28, 100'000'000U), HasSubstr("expected 3600000032"));
  EXPECT_THAT(with(32, 1U), HasSubstr("id 1 is already"));
  for (std::size_t size = 1; size < 212; ++size) {
    EXPECT_NE(after([&](Bytes& b) { b.resize(size); }), "") << size;
  }
}

TEST_F(DamagedV1, ARerankFactorOfZeroLeavesTheChoiceToTheErrorBound) {
  Bytes bytes = read_bytes(golden("n5_d8.rbpx"));
  bytes[24] = {};
  write_bytes(folder_.path() / "a.rbpx", bytes);
  const State state = load_rbpx(folder_.path() / "a.rbpx", Kind::rabitq_plus, {});
  EXPECT_EQ(state.rerank_factor, std::nullopt);
  save_rbpx_v1(state, folder_.path() / "b.rbpx");
  EXPECT_EQ(load_rbpx(folder_.path() / "b.rbpx", Kind::rabitq_plus, {}).rerank_factor, 20U);
}

TEST_F(DamagedV1, AFileWithoutVectorsIsAnEmptyIndex) {
  Bytes bytes = read_bytes(golden("n5_d8.rbpx"));
  bytes.resize(32);
  bytes[28] = {};
  write_bytes(folder_.path() / "a.rbpx", bytes);
  EXPECT_EQ(load_rbpx(folder_.path() / "a.rbpx", Kind::rabitq_plus, {}).size(), 0U);
}

TEST_F(DamagedV1, OtherClassesAreToldWhichOneLoadsVersion1) {
  try {
    load_rbpx(golden("n5_d8.rbpx"), Kind::flat_f32, {});
    FAIL() << "no exception";
  } catch (const PersistError& error) {
    EXPECT_THAT(error.what(), HasSubstr("holds a RabitqPlusIndex"));
  }
}

TEST_F(DamagedV1, WhatVersion1CannotHoldIsNotSavedAndTheOldFileStays) {
  const auto refuse = [&](const State& state) -> std::string {
    write_bytes(folder_.path() / "a.rbpx", {});
    try {
      save_rbpx_v1(state, folder_.path() / "a.rbpx");
      return "saved";
    } catch (const PersistError& error) {
      EXPECT_TRUE(read_bytes(folder_.path() / "a.rbpx").empty());
      return error.what();
    }
  };
  EXPECT_THAT(refuse(sample_state({})), HasSubstr("above the limit of format version 1"));
  EXPECT_THAT(refuse(sample_state({.metric = Metric::ip, .counted_ids = true})),
              HasSubstr("l2 metric only"));
}

TEST_F(DamagedV1, AnIndexOfManyPiecesComesBackWithItsIdsAndRows) {
  const State state = sample_state({.count = 5000, .dim = 100, .counted_ids = true});
  save_rbpx_v1(state, folder_.path() / "a.rbpx");
  const State loaded = load_rbpx(folder_.path() / "a.rbpx", Kind::rabitq_plus, {});
  ASSERT_EQ(loaded.rows.size(), state.rows.size());
  EXPECT_EQ(std::memcmp(loaded.rows.data(), state.rows.data(), state.rows.size_bytes()), 0);
  EXPECT_TRUE(std::equal(state.ids.begin(), state.ids.end(), loaded.ids.begin()));
  EXPECT_EQ(loaded.rerank_factor, 20U) << "a file of version 1 must name one";
}

}  // namespace
}  // namespace ruvector::index
