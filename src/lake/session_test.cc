// Sessions: one check for many searches.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lake/test_lake.h"

namespace ruvector::lake {
namespace {

const std::vector<float> kQuery(8, 0.2F);
const LakeKey kLogs{"store", "logs"};

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    s_.store->put("docs", random_rows(100, 8, 1));
    s_.store->put("logs", random_rows(100, 8, 2));
  }
  LakeWithStore s_;
};

TEST_F(SessionTest, ManySearchesCostOneCheck) {
  s_.lake.search_one(kDocs, kQuery, 1);
  const int checks = s_.store->checks;
  LakeSession session = s_.lake.session();
  for (int i = 0; i < 20; ++i) session.search_one(kDocs, kQuery, 3);
  session.search_batch(kDocs, {kQuery.data(), 1, 8}, 3);
  session.search_federated(std::vector{kDocs}, kQuery, 3);
  EXPECT_EQ(s_.store->checks, checks + 1);
  const PerBackendStats stats = s_.lake.cache_stats_by_collection().at(kDocs);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.hits, 22u) << "each search of a session is one, too";
}

TEST_F(SessionTest, EverySearchSeesTheVersionOfTheFirst) {
  LakeSession session = s_.lake.session();
  const auto before = session.search_one(kDocs, kQuery, 5);
  s_.store->put("docs", random_rows(100, 8, 1, 1000));
  EXPECT_GE(s_.lake.search_one(kDocs, kQuery, 1)[0].id, 1000u);
  EXPECT_EQ(session.search_one(kDocs, kQuery, 5), before);
  EXPECT_EQ(session.search_batch(kDocs, {kQuery.data(), 1, 8}, 5)[0], before);
  EXPECT_EQ(session.search_federated(std::vector{kDocs}, kQuery, 5).hits, before);
  s_.lake.invalidate_cache(kDocs);
  s_.lake.unregister_backend("store");
  EXPECT_EQ(session.search_one(kDocs, kQuery, 5), before) << "the session holds it";
  EXPECT_GE(s_.lake.cache_stats().hits, 4u);
}

TEST_F(SessionTest, ThreadsOfOneSessionSeeOneVersion) {
  LakeSession session = s_.lake.session();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (Id version = 0; !stop; ++version) {
      s_.store->put("docs", random_rows(100, 8, 1, version * 1000));
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  s_.store->snapshots = true;
  std::vector<Id> seen(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) seen[i] = session.search_one(kDocs, kQuery, 1)[0].id / 1000;
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop = true;
  writer.join();
  for (const Id version : seen) EXPECT_EQ(version, seen[0]);
}

TEST_F(SessionTest, AFederatedSearchHeedsItsDeadlineAndRemembersWhatCame) {
  LakeSession session = s_.lake.session();
  s_.lake.search_one(kDocs, kQuery, 1);
  s_.store->pull_ms = 300;
  const std::vector<LakeKey> keys{kDocs, kLogs, {"nowhere", "docs"}};
  FederatedParams params;
  params.partial = Partial::allow;
  params.deadline = std::chrono::milliseconds(40);
  const FederatedHits first = session.search_federated(keys, kQuery, 5, params);
  EXPECT_EQ(first.searched, std::vector{kDocs});
  ASSERT_EQ(first.skipped.size(), 2u);
  EXPECT_EQ(first.skipped[0].key, kLogs);
  EXPECT_TRUE(comes_true([&] { return s_.lake.contains(kLogs); }));
  EXPECT_EQ(session.search_federated(keys, kQuery, 5, params).searched,
            (std::vector{kDocs, kLogs}));
  EXPECT_EQ(s_.lake.cache_stats_by_collection().count({"nowhere", "docs"}), 0u);
}

}  // namespace
}  // namespace ruvector::lake
