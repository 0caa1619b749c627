#include "lake/federation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <tuple>
#include <vector>

#include "lake/test_lake.h"

namespace ruvector::lake {
namespace {

using std::chrono::milliseconds;

// --- the parts

TEST(Federation, EachShardIsAskedForAFewMore) {
  EXPECT_EQ(over_request(10, 1), 10u);
  EXPECT_EQ(over_request(10, 2), 13u);
  EXPECT_EQ(over_request(10, 4), 14u);
  EXPECT_EQ(over_request(10, 16), 16u);
  EXPECT_EQ(over_request(1, 2), 2u);
  EXPECT_EQ(over_request(100, 8), 115u);
  EXPECT_EQ(over_request(0, 16), 0u);
  EXPECT_EQ(over_request(10, 0), 10u);
  EXPECT_EQ(over_request(1, std::size_t{1} << 40), 4u) << "at most four times as many";
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  EXPECT_GE(over_request(most, 16), kMaxVectors) << "without an overflow";
}

TEST(Federation, TheLakesRerankFactorIsSharedOut) {
  EXPECT_EQ(shard_rerank_factor({}, 100, 4), 25u);
  EXPECT_EQ(shard_rerank_factor({}, 20, 4), 5u);
  EXPECT_EQ(shard_rerank_factor({}, 20, 100), 5u) << "the least";
  EXPECT_EQ(shard_rerank_factor({}, 20, 1), 20u);
  EXPECT_EQ(shard_rerank_factor({}, 3, 1), 3u);
  EXPECT_EQ(shard_rerank_factor(7, 100, 4), 7u) << "what a search asks for is its own affair";
  EXPECT_EQ(shard_rerank_factor({}, {}, 4), std::nullopt);
}

TEST(Federation, MergingIsSortingByScoreBackendCollectionAndId) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<LakeHit>> shards(1 + random() % 5);
    using Row = std::tuple<float, std::string, std::string, Id>;
    std::vector<Row> expected;
    for (std::size_t s = 0; s < shards.size(); ++s) {
      const auto key = std::make_shared<const LakeKey>(
          LakeKey{std::string(1, static_cast<char>('z' - s / 2)), std::to_string(s)});
      for (std::size_t n = random() % 20; n > 0; --n) {
        shards[s].push_back({key, random() % 50, static_cast<float>(random() % 4)});
      }
      std::sort(shards[s].begin(), shards[s].end(), [](const LakeHit& a, const LakeHit& b) {
        return std::tie(a.score, a.id) < std::tie(b.score, b.id);
      });
      for (const LakeHit& hit : shards[s]) {
        expected.emplace_back(hit.score, hit.backend(), hit.collection(), hit.id);
      }
    }
    std::sort(expected.begin(), expected.end());
    const std::size_t k = random() % 30;
    expected.resize(std::min(k, expected.size()));
    std::vector<Row> merged;
    for (const LakeHit& hit : merge(shards, k)) {
      merged.emplace_back(hit.score, hit.backend(), hit.collection(), hit.id);
    }
    EXPECT_EQ(merged, expected);
  }
}

// --- the whole

const std::vector<float> kQuery = random_rows(1, 8, 77).vectors;

class FederatedTest : public testing::Test {
 protected:
  TestStore& add(const std::string& name) {
    stores_.push_back(std::make_shared<TestStore>(name));
    lake_.register_backend(stores_.back());
    return *stores_.back();
  }
  static FederatedParams allowing() {
    FederatedParams params;
    params.partial = Partial::allow;
    return params;
  }

  std::vector<std::shared_ptr<TestStore>> stores_;
  RuLake lake_;
};

TEST_F(FederatedTest, ShardsAnswerAsOneCollectionWould) {
  Rows all{{}, {}, 8};
  for (unsigned s = 0; s < 5; ++s) {
    const Rows rows = random_rows(100 + 70 * s, 8, s, Id{s} * 10'000);
    add("store" + std::to_string(s)).put("docs", rows);
    all.ids.insert(all.ids.end(), rows.ids.begin(), rows.ids.end());
    all.vectors.insert(all.vectors.end(), rows.vectors.begin(), rows.vectors.end());
  }
  for (unsigned q = 0; q < 30; ++q) {
    const std::vector<float> query = random_rows(1, 8, 500 + q).vectors;
    FederatedParams params;
    params.rerank_factor = 100;
    const FederatedHits found = lake_.search_federated("docs", query, 10, params);
    EXPECT_EQ(ids_of(found.hits), ids_of(nearest_rows(all, query, 10)));
    for (const LakeHit& hit : found.hits) {
      EXPECT_EQ(hit.backend(), "store" + std::to_string(hit.id / 10'000));
    }
    EXPECT_EQ(found.searched.size(), 5u);
  }
}

TEST_F(FederatedTest, EqualScoresComeInTheOrderOfBackends) {
  for (const char* name : {"c", "a", "b"}) add(name).put("docs", random_rows(20, 8, 1));
  const FederatedHits found = lake_.search_federated("docs", kQuery, 6);
  ASSERT_EQ(found.hits.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(found.hits[i].backend(), std::string(1, "abc"[i % 3]));
    EXPECT_EQ(found.hits[i].id, found.hits[i / 3 * 3].id);
  }
}

TEST_F(FederatedTest, AKeyThatIsNamedTwiceIsSearchedOnce) {
  add("a").put("docs", random_rows(20, 8, 1));
  add("b").put("docs", random_rows(20, 8, 2, 100));
  const std::vector<LakeKey> keys{{"a", "docs"}, {"b", "docs"}, {"a", "docs"}};
  const FederatedHits found = lake_.search_federated(keys, kQuery, 40);
  EXPECT_EQ(found.hits.size(), 40u);
  EXPECT_EQ(found.searched, (std::vector<LakeKey>{{"a", "docs"}, {"b", "docs"}}));
  EXPECT_EQ(lake_.cache_stats().misses, 2u);
}

TEST_F(FederatedTest, AnEmptyShardSinksNobody) {
  add("a").put("docs", random_rows(20, 8, 1));
  add("b").put("docs", {{}, {}, 8});
  add("c").put("docs", {{}, {}, 0});
  const FederatedHits found = lake_.search_federated("docs", kQuery, 5);
  EXPECT_EQ(found.hits.size(), 5u);
  EXPECT_EQ(found.searched.size(), 3u);
  EXPECT_TRUE(found.skipped.empty());
}

TEST_F(FederatedTest, KMayBeZeroAndThereMayBeNoKeys) {
  add("a").put("docs", random_rows(20, 8, 1));
  add("b").put("docs", random_rows(20, 8, 2));
  EXPECT_TRUE(lake_.search_federated("docs", kQuery, 0).hits.empty());
  EXPECT_TRUE(lake_.search_federated(std::vector<LakeKey>{}, kQuery, 5).hits.empty());
}

TEST_F(FederatedTest, OneStoreThatFailsFailsTheSearchUnlessThatIsAllowed) {
  add("good").put("docs", random_rows(20, 8, 1));
  add("bad").put("docs", random_rows(20, 8, 2));
  stores_[1]->fail_checks = true;
  EXPECT_EQ(message_of<BackendError>([&] { lake_.search_federated("docs", kQuery, 5); }),
            "backend 'bad': collection 'docs': the network is down");
  const FederatedHits found = lake_.search_federated("docs", kQuery, 5, allowing());
  EXPECT_EQ(found.hits.size(), 5u);
  EXPECT_EQ(found.searched, (std::vector<LakeKey>{{"good", "docs"}}));
  ASSERT_EQ(found.skipped.size(), 1u);
  EXPECT_EQ(found.skipped[0].key, (LakeKey{"bad", "docs"}));
  EXPECT_NE(found.skipped[0].reason.find("the network is down"), std::string::npos);
}

TEST_F(FederatedTest, ABackendThatIsNotThereIsAnErrorOrReported) {
  add("good").put("docs", random_rows(20, 8, 1));
  const std::vector<LakeKey> keys{{"good", "docs"}, {"gone", "docs"}};
  EXPECT_THROW(lake_.search_federated(keys, kQuery, 5), UnknownBackend);
  const FederatedHits found = lake_.search_federated(keys, kQuery, 5, allowing());
  EXPECT_EQ(found.hits.size(), 5u);
  ASSERT_EQ(found.skipped.size(), 1u);
  EXPECT_NE(found.skipped[0].reason.find("'gone'"), std::string::npos);
}

TEST_F(FederatedTest, ByNameOnlyBackendsThatHaveTheCollectionCount) {
  add("a").put("docs", random_rows(20, 8, 1));
  add("b").put("logs", random_rows(20, 8, 2));
  const FederatedHits found = lake_.search_federated("docs", kQuery, 5);
  EXPECT_EQ(found.searched, (std::vector<LakeKey>{{"a", "docs"}}));
  EXPECT_TRUE(found.skipped.empty());
  EXPECT_THROW(lake_.search_federated("nothing", kQuery, 5), UnknownCollection);
  EXPECT_TRUE(comes_true([&] { return lake_.cache_stats_by_collection().size() == 1; }))
      << "names that nobody has are not remembered";
}

TEST_F(FederatedTest, ASlowStoreIsLeftOutInTimeAndItsPullServesLaterSearches) {
  add("fast").put("docs", random_rows(20, 8, 1));
  add("slow").put("docs", random_rows(20, 8, 2));
  stores_[1]->pull_ms = 600;
  FederatedParams params = allowing();
  params.deadline = milliseconds(50);
  const auto start = std::chrono::steady_clock::now();
  const FederatedHits found = lake_.search_federated("docs", kQuery, 5, params);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(500));
  EXPECT_EQ(found.searched, (std::vector<LakeKey>{{"fast", "docs"}}));
  ASSERT_EQ(found.skipped.size(), 1u);
  EXPECT_NE(found.skipped[0].reason.find("deadline of 50 ms"), std::string::npos);
  EXPECT_TRUE(comes_true([&] { return lake_.contains({"slow", "docs"}); }));
  EXPECT_EQ(lake_.search_federated("docs", kQuery, 5, params).searched.size(), 2u);
  EXPECT_EQ(stores_[1]->pulls, 1);
}

TEST_F(FederatedTest, ADeadlineThatPassesIsAnErrorUnlessPartIsEnough) {
  add("slow").put("docs", random_rows(20, 8, 2));
  add("fast").put("docs", random_rows(20, 8, 1));
  stores_[0]->pull_ms = 300;
  FederatedParams params;
  params.deadline = milliseconds(20);
  EXPECT_THROW(lake_.search_federated("docs", kQuery, 5, params), BackendError);
  params.deadline = milliseconds::max();  // more than a clock can count
  EXPECT_EQ(lake_.search_federated("docs", kQuery, 5, params).searched.size(), 2u);
}

TEST_F(FederatedTest, AShardOfAnotherDimensionIsAnErrorThatNamesItOrLeftOut) {
  add("good").put("docs", random_rows(20, 8, 1));
  add("wide").put("docs", random_rows(20, 16, 2));
  const std::string message =
      message_of<DimensionMismatch>([&] { lake_.search_federated("docs", kQuery, 5); });
  EXPECT_NE(message.find("'wide'"), std::string::npos) << message;
  const FederatedHits found = lake_.search_federated("docs", kQuery, 5, allowing());
  EXPECT_EQ(found.hits.size(), 5u);
  ASSERT_EQ(found.skipped.size(), 1u);
  EXPECT_EQ(found.skipped[0].key, (LakeKey{"wide", "docs"}));
  const std::vector<float> fits_none(3);
  EXPECT_THROW(lake_.search_federated("docs", fits_none, 5, allowing()), DimensionMismatch);
}

TEST_F(FederatedTest, ColdShardsArePulledAtOnce) {
  for (int i = 0; i < 6; ++i) {
    add("store" + std::to_string(i)).put("docs", random_rows(20, 8, 1));
    stores_.back()->pull_ms = 150;
  }
  const auto start = std::chrono::steady_clock::now();
  lake_.search_federated("docs", kQuery, 5);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(600)) << "not one after another";
}

}  // namespace
}  // namespace ruvector::lake
