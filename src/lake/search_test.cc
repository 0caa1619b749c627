#include "lake/search.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <vector>

#include "lake/test_lake.h"

namespace ruvector::lake {
namespace {

const std::vector<float> kQuery = random_rows(1, 16, 99).vectors;

class SearchTest : public testing::Test {
 protected:
  SearchTest() { s_.store->put("docs", rows_); }
  std::vector<LakeHit> search(std::size_t k, const LakeSearchParams& params = {}) const {
    return s_.lake.search_one(kDocs, kQuery, k, params);
  }

  const Rows rows_ = random_rows(800, 16, 1, Id{1} << 40);
  LakeWithStore s_;
};

TEST_F(SearchTest, HitsAreTheNearestWithExactScoresAndTheStoresIds) {
  const std::vector<Hit> expected = nearest_rows(rows_, kQuery, 10);
  const std::vector<LakeHit> hits = search(10);
  ASSERT_EQ(ids_of(hits), ids_of(expected));
  for (std::size_t i = 0; i < hits.size(); ++i) {
    EXPECT_NEAR(hits[i].score, expected[i].score, 1e-4F * expected[i].score);
    EXPECT_EQ(hits[i].backend(), "store");
    EXPECT_EQ(hits[i].collection(), "docs");
    EXPECT_EQ(hits[i].key, hits[0].key) << "names are shared, not copied for each hit";
  }
}

TEST_F(SearchTest, KMayBeZeroOrMoreThanThereIs) {
  EXPECT_TRUE(search(0).empty());
  EXPECT_EQ(search(1'000'000).size(), 800u);
  EXPECT_EQ(search(std::numeric_limits<std::size_t>::max()).size(), 800u);
}

TEST_F(SearchTest, AQueryThatIsNotFiniteIsRefusedWhateverElseIsAsked) {
  s_.store->put("empty", {{}, {}, 16});
  for (const float odd :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    std::vector<float> query = kQuery;
    query[3] = odd;
    for (const char* collection : {"docs", "empty"}) {
      for (const std::size_t k : {0u, 5u}) {
        const LakeKey key{"store", collection};
        EXPECT_THROW(s_.lake.search_one(key, query, k), std::invalid_argument);
        EXPECT_THROW(s_.lake.search_batch(key, {query.data(), 1, 16}, k), std::invalid_argument);
      }
    }
  }
}

TEST_F(SearchTest, AQueryOfAnotherDimensionIsRefused) {
  s_.store->put("empty", {{}, {}, 16});
  for (const char* collection : {"docs", "empty"}) {
    const LakeKey key{"store", collection};
    const std::vector<float> query(17);
    try {
      s_.lake.search_one(key, query, 5);
      ADD_FAILURE() << collection;
    } catch (const DimensionMismatch& error) {
      EXPECT_EQ(error.expected(), 16u);
      EXPECT_EQ(error.actual(), 17u);
    }
    EXPECT_THROW(s_.lake.search_batch(key, {query.data(), 1, 17}, 0), DimensionMismatch);
  }
}

TEST_F(SearchTest, OnlyAllowedIdsAreFound) {
  const std::vector<Hit> all = nearest_rows(rows_, kQuery, 800);
  const std::vector<Id> allowed{all[700].id, all[3].id, 12345, all[250].id};
  EXPECT_EQ(ids_of(search(10, {.allowed_ids = allowed})),
            (std::vector<Id>{all[3].id, all[250].id, all[700].id}));
  const std::vector<Id> unknown{1, 2, 3};
  EXPECT_TRUE(search(10, {.allowed_ids = unknown}).empty());
  const auto rows =
      s_.lake.search_batch(kDocs, {kQuery.data(), 1, 16}, 10, {.allowed_ids = allowed});
  EXPECT_EQ(rows[0].size(), 3u) << "short rows hold no padding";
}

TEST_F(SearchTest, NothingBeyondTheRadiusIsFound) {
  const std::vector<Hit> all = nearest_rows(rows_, kQuery, 800);
  const float radius = (all[6].score + all[7].score) / 2;
  EXPECT_EQ(search(100, {.radius = radius}).size(), 7u);
  EXPECT_TRUE(search(100, {.radius = 0.0F}).empty());
}

TEST_F(SearchTest, TheRerankFactorOfASearchGoesBeforeTheLakes) {
  EXPECT_EQ(ids_of(search(10, {.rerank_factor = 80})), ids_of(nearest_rows(rows_, kQuery, 10)));
  EXPECT_THROW(search(10, {.rerank_factor = 0}), std::invalid_argument);
  EXPECT_THROW(search(10, {.rerank_factor = kMaxRerankFactor + 1}), std::invalid_argument);
  // One exact distance per hit finds less than the whole truth; the lake's factor applies unless a
  // search says otherwise.
  LakeWithStore narrow({.rerank_factor = 1});
  const Rows many = random_rows(4000, 64, 7);
  narrow.store->put("docs", many);
  std::size_t found_by_default = 0;
  std::size_t found_when_asked = 0;
  for (unsigned q = 0; q < 50; ++q) {
    const std::vector<float> query = random_rows(1, 64, 1000 + q).vectors;
    const std::vector<Id> truth = ids_of(nearest_rows(many, query, 10));
    const auto count = [&](const LakeSearchParams& params) {
      std::size_t right = 0;
      for (const LakeHit& hit : narrow.lake.search_one(kDocs, query, 10, params)) {
        right += static_cast<std::size_t>(std::count(truth.begin(), truth.end(), hit.id));
      }
      return right;
    };
    found_by_default += count({});
    found_when_asked += count({.rerank_factor = 100});
  }
  EXPECT_LT(found_by_default, 490u);
  EXPECT_GE(found_when_asked, 498u);
}

TEST_F(SearchTest, ABatchAnswersAsItsQueriesDoAloneForOneCheck) {
  const Rows queries = random_rows(40, 16, 5);
  s_.lake.search_one(kDocs, kQuery, 1);
  const int checks = s_.store->checks;
  const auto rows = s_.lake.search_batch(kDocs, queries.view(), 7);
  EXPECT_EQ(s_.store->checks, checks + 1);
  ASSERT_EQ(rows.size(), 40u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::span<const float> query = queries.view().row(i);
    EXPECT_EQ(rows[i], s_.lake.search_one(kDocs, query, 7)) << i;
  }
  EXPECT_TRUE(s_.lake.search_batch(kDocs, {nullptr, 0, 16}, 7).empty());
  EXPECT_EQ(s_.lake.search_batch(kDocs, queries.view(), 100'000)[3].size(), 800u);
}

}  // namespace
}  // namespace ruvector::lake
