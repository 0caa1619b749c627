#include "lake/coherence.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "lake/test_store.h"
#include "ruvector/lake/lake.h"

namespace ruvector::lake {
namespace {

using std::chrono::milliseconds;

struct Setting {
  explicit Setting(const LakeParams& params = {}) : lake(params) {
    store = std::make_shared<TestStore>("store");
    lake.register_backend(store);
  }
  Id nearest(const std::vector<float>& query, const std::string& collection = "docs") const {
    return lake.search_one({"store", collection}, query, 1).at(0).id;
  }

  std::shared_ptr<TestStore> store;
  RuLake lake;
};

const LakeKey kDocs{"store", "docs"};
const std::vector<float> kQuery(16, 0.5F);

void wait_until(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while (!condition() && Clock::now() < deadline) std::this_thread::sleep_for(milliseconds(2));
  ASSERT_TRUE(condition());
}

TEST(Coherence, AStormOnAColdKeyMakesOnePullAndNoError) {
  Setting s;
  s.store->put("docs", random_rows(500, 16, 1));
  s.store->pull_ms = 50;
  const std::vector<LakeHit> expected = [&] {
    Setting calm;
    calm.store->put("docs", random_rows(500, 16, 1));
    return calm.lake.search_one(kDocs, kQuery, 10);
  }();
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 64; ++i) {
    clients.emplace_back(
        [&] { right += s.lake.search_one(kDocs, kQuery, 10) == expected ? 1 : 0; });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 64);
  EXPECT_EQ(s.store->pulls, 1);
  const CacheStats stats = s.lake.cache_stats();
  EXPECT_EQ(stats.primes, 1u);
  EXPECT_EQ(stats.hits + stats.misses, 64u);
  EXPECT_EQ(stats.failures, 0u);
  EXPECT_EQ(s.lake.search_one(kDocs, kQuery, 10), expected) << "the key is alive afterwards";
}

TEST(Coherence, AStormOfAsynchronousSearchesMakesOnePullOnOneThread) {
  Setting s;
  s.store->put("docs", random_rows(500, 16, 1));
  s.store->pull_ms = 50;
  std::vector<std::promise<std::vector<LakeHit>>> answers(64);
  for (auto& answer : answers) {
    s.lake.search_one_async(kDocs, kQuery, 10, {}, [&](auto hits, std::exception_ptr error) {
      if (error) answer.set_exception(error);
      if (!error) answer.set_value(std::move(hits));
    });
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get_future().get().size(), 10u);
  EXPECT_EQ(s.store->pulls, 1);
  const CacheStats stats = s.lake.cache_stats();
  EXPECT_EQ(stats.hits + stats.misses, 64u);
}

TEST(Coherence, FreshSeesEveryChangeAtTheNextSearch) {
  Setting s;
  for (Id first = 0; first < 5000; first += 1000) {
    s.store->put("docs", random_rows(100, 16, 3, first));
    EXPECT_EQ(s.nearest(kQuery) / 1000, first / 1000);
  }
  EXPECT_EQ(s.store->pulls, 5);
  EXPECT_EQ(s.lake.cache_stats().invalidations, 4u);
  EXPECT_EQ(s.lake.cache_entry_count(), 1u);
}

TEST(Coherence, FreshIsNeverOlderThanItsQuestionWhateverOthersDo) {
  Setting s;
  s.store->put("docs", random_rows(50, 16, 1, 0));
  s.store->check_ms = 1;
  s.store->pull_ms = 1;
  std::atomic<std::uint64_t> written{0};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (Id version = 1; version <= 40; ++version) {
      s.store->put("docs", random_rows(50, 16, 1, version * 1000));
      written = version;
      std::this_thread::sleep_for(milliseconds(7));
    }
    stop = true;
  });
  std::atomic<int> stale{0};
  std::atomic<int> searches{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const std::uint64_t before = written;
        try {
          if (s.nearest(kQuery) / 1000 < before) ++stale;
          ++searches;
        } catch (const BackendError&) {  // three pulls in a row were overtaken
        }
      }
    });
  }
  writer.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(stale, 0);
  EXPECT_GT(searches, 10);
}

TEST(Coherence, AVersionOutOfThePoolIsNoNewerThanItsLeadersQuestion) {
  Setting s;
  s.store->shared_ref = "test://one-table";
  s.store->put("view", random_rows(50, 16, 1));
  s.store->put("docs", random_rows(50, 16, 1));
  std::promise<void> go_on;
  std::atomic<bool> is_held{false};
  s.store->before_ref = [&, calls = 0]() mutable {
    if (++calls != 2) return;  // the first is that of "view"
    is_held = true;
    go_on.get_future().wait();
  };
  s.nearest(kQuery, "view");
  // The leader has asked for the version, which is in the pool, and has not taken it yet.
  std::thread leader([&] { EXPECT_LT(s.nearest(kQuery), 1000u); });
  wait_until([&] { return is_held.load(); });
  s.store->put("docs", random_rows(50, 16, 1, 1000));
  const int checks = s.store->checks;
  std::thread follower([&] { EXPECT_GE(s.nearest(kQuery), 1000u); });
  wait_until([&] { return s.store->checks > checks; });
  std::this_thread::sleep_for(milliseconds(20));  // it waits for the leader
  go_on.set_value();
  leader.join();
  follower.join();
}

TEST(Coherence, EventualServesTheOldVersionWhileTheNewOneIsPulled) {
  Setting s({.consistency = Consistency::eventual, .ttl = milliseconds(30)});
  s.store->put("docs", random_rows(100, 16, 1, 0));
  EXPECT_LT(s.nearest(kQuery), 1000u);
  s.store->put("docs", random_rows(100, 16, 1, 1000));
  s.store->pull_ms = 200;
  std::this_thread::sleep_for(milliseconds(40));
  const Clock::time_point start = Clock::now();
  EXPECT_LT(s.nearest(kQuery), 1000u);
  EXPECT_LT(Clock::now() - start, milliseconds(150)) << "nobody waits for the pull";
  wait_until([&] { return s.nearest(kQuery) >= 1000; });
  EXPECT_EQ(s.store->pulls, 2);
  EXPECT_EQ(s.lake.cache_stats().misses, 1u);
}

TEST(Coherence, EventualAsksAtMostOncePerTtl) {
  Setting s({.consistency = Consistency::eventual, .ttl = std::chrono::hours(1)});
  s.store->put("docs", random_rows(100, 16, 1));
  for (int i = 0; i < 50; ++i) s.nearest(kQuery);
  EXPECT_EQ(s.store->checks, 2) << "one question before the pull and one after it";
}

TEST(Coherence, EventualTellsWhenTheStoreStaysUnreachable) {
  Setting s({.consistency = Consistency::eventual, .ttl = milliseconds(1)});
  std::atomic<bool> fail{false};
  s.store->before_pull = [&] {
    if (fail) throw std::runtime_error("the disk is gone");
  };
  s.store->put("docs", random_rows(100, 16, 1));
  s.nearest(kQuery);
  s.store->put("docs", random_rows(100, 16, 1, 1000));
  fail = true;
  std::this_thread::sleep_for(milliseconds(5));
  EXPECT_LT(s.nearest(kQuery), 1000u) << "the refresh fails in the background";
  wait_until([&] { return s.lake.cache_stats().failures > 0; });
  std::this_thread::sleep_for(milliseconds(5));
  EXPECT_THROW(s.nearest(kQuery), BackendError);
  fail = false;
  EXPECT_GE(s.nearest(kQuery), 1000u);
}

TEST(Coherence, FrozenAsksNobody) {
  Setting s({.consistency = Consistency::frozen});
  s.store->put("docs", random_rows(100, 16, 1));
  s.nearest(kQuery);
  const int checks = s.store->checks;
  s.store->put("docs", random_rows(100, 16, 1, 1000));
  EXPECT_LT(s.nearest(kQuery), 1000u);
  EXPECT_EQ(s.store->checks, checks);
}

TEST(Coherence, ACollectionMayHaveAConsistencyOfItsOwn) {
  Setting s;
  s.store->put("docs", random_rows(100, 16, 1));
  s.store->put("logs", random_rows(100, 16, 2));
  s.lake.set_consistency(kDocs, Consistency::frozen);
  s.nearest(kQuery);
  s.nearest(kQuery, "logs");
  s.store->put("docs", random_rows(100, 16, 1, 1000));
  s.store->put("logs", random_rows(100, 16, 2, 1000));
  EXPECT_LT(s.nearest(kQuery), 1000u);
  EXPECT_GE(s.nearest(kQuery, "logs"), 1000u);
  s.lake.set_consistency(kDocs, std::nullopt);
  EXPECT_GE(s.nearest(kQuery), 1000u);
}

TEST(Coherence, ChecksOfConcurrentSearchesCoalesce) {
  Setting s;
  s.store->put("docs", random_rows(100, 16, 1));
  s.nearest(kQuery);
  s.store->check_ms = 300;
  const int before = s.store->checks;
  std::latch all_are_there(32);
  std::vector<std::thread> clients;
  for (int i = 0; i < 32; ++i) {
    clients.emplace_back([&] {
      all_are_there.arrive_and_wait();
      s.nearest(kQuery);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_LE(s.store->checks - before, 3) << "32 searches at once";
}

TEST(Coherence, APullThatFailsLeavesTheOldVersion) {
  Setting s;
  bool fail = false;
  s.store->before_pull = [&] {
    if (fail) throw std::runtime_error("the disk is gone");
  };
  s.store->put("docs", random_rows(100, 16, 1));
  s.nearest(kQuery);
  const auto witness = s.lake.cache_witness_of(kDocs);
  s.store->put("docs", random_rows(100, 16, 1, 1000));
  fail = true;
  try {
    s.nearest(kQuery);
    FAIL() << "the pull should have failed";
  } catch (const BackendError& error) {
    EXPECT_EQ(error.backend(), "store");
    EXPECT_NE(std::string(error.what()).find("the disk is gone"), std::string::npos);
  }
  EXPECT_EQ(s.lake.cache_witness_of(kDocs), witness);
  s.lake.set_consistency(kDocs, Consistency::frozen);
  EXPECT_LT(s.nearest(kQuery), 1000u);
}

TEST(Coherence, TokenAndDataComeFromOneVersion) {
  Setting s;
  s.store->put("docs", random_rows(100, 16, 1, 0));
  int writes = 0;
  // The store changes between the reading of the rows and the end of the pull.
  s.store->after_read = [&] {
    if (++writes == 1) s.store->put("docs", random_rows(100, 16, 1, 1000));
  };
  EXPECT_GE(s.nearest(kQuery), 1000u);
  EXPECT_EQ(s.store->pulls, 2);
}

TEST(Coherence, AStoreThatNeverHoldsStillIsAnError) {
  Setting s;
  Id version = 0;
  s.store->put("docs", random_rows(10, 16, 1));
  s.store->after_read = [&] { s.store->put("docs", random_rows(10, 16, 1, ++version)); };
  try {
    s.nearest(kQuery);
    FAIL() << "no pull was of one version";
  } catch (const BackendError& error) {
    EXPECT_NE(std::string(error.what()).find("changed during each of 3 pulls"), std::string::npos);
  }
  EXPECT_EQ(s.store->pulls, 3);
}

TEST(Coherence, ASnapshotStoreIsNotAskedAgain) {
  Setting s;
  s.store->snapshots = true;
  s.store->put("docs", random_rows(100, 16, 1));
  s.nearest(kQuery);
  EXPECT_EQ(s.store->checks, 1);
}

TEST(Coherence, ALeaderThatGivesUpDoesNotFailTheOthers) {
  Setting s;
  s.store->put("docs", random_rows(100, 16, 1));
  s.store->pull_ms = 100;
  std::promise<void> leading;
  std::thread leader([&] {
    LakeSearchParams params;
    params.progress = [&, first = true](std::size_t, std::size_t) mutable {
      if (std::exchange(first, false)) leading.set_value();
      std::this_thread::sleep_for(milliseconds(30));
      throw Cancelled("by the user");
    };
    EXPECT_THROW(s.lake.search_one(kDocs, kQuery, 1, params), Cancelled);
  });
  leading.get_future().wait();
  EXPECT_EQ(s.lake.search_one(kDocs, kQuery, 1).size(), 1u);
  leader.join();
}

TEST(Coherence, UnknownNamesAreErrorsAndAreNotRemembered) {
  Setting s;
  EXPECT_THROW(s.lake.search_one({"nowhere", "docs"}, kQuery, 1), UnknownBackend);
  EXPECT_THROW(s.lake.search_one({"store", "nothing"}, kQuery, 1), UnknownCollection);
  EXPECT_TRUE(s.lake.cache_stats_by_collection().empty());
}

}  // namespace
}  // namespace ruvector::lake
