#include "ruvector/lake/lake.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "lake/test_lake.h"
#include "ruvector/index/rabitq_index.h"
#include "ruvector/lake/local_backend.h"

namespace ruvector::lake {
namespace {

using std::chrono::milliseconds;

const std::vector<float> kQuery(8, 0.2F);

template <class F>
std::string refusal(F&& f) {
  return message_of<std::invalid_argument>(std::forward<F>(f));
}

TEST(RuLake, ParametersOutsideTheirLimitsAreRefused) {
  EXPECT_EQ(refusal([] { RuLake({.rerank_factor = 0}); }), "rerank_factor: 0 is not in 1..1024");
  EXPECT_EQ(refusal([] { RuLake({.rerank_factor = 1025}); }),
            "rerank_factor: 1025 is not in 1..1024");
  EXPECT_NE(refusal([] { RuLake({.ttl = milliseconds(-1)}); }).find("ttl_ms: -1"),
            std::string::npos);
  EXPECT_NE(refusal([] { RuLake({.max_cache_entries = 0}); }).find("max_cache_entries"),
            std::string::npos);
  EXPECT_NE(refusal([] { RuLake({.max_cache_bytes = 0}); }).find("max_cache_bytes"),
            std::string::npos);
  RuLake lake;
  EXPECT_THROW(lake.set_consistency(kDocs, {}, milliseconds(-1)), std::invalid_argument);
}

TEST(RuLake, BackendsHaveNamesOfTheirOwn) {
  RuLake lake;
  EXPECT_THROW(lake.register_backend(nullptr), std::invalid_argument);
  EXPECT_THROW(lake.register_backend(std::make_shared<TestStore>("")), std::invalid_argument);
  lake.register_backend(std::make_shared<TestStore>("b"));
  lake.register_backend(std::make_shared<TestStore>("a"));
  EXPECT_NE(refusal([&] { lake.register_backend(std::make_shared<TestStore>("a")); }).find("'a'"),
            std::string::npos);
  EXPECT_EQ(lake.backend_ids(), (std::vector<std::string>{"a", "b"}));
  EXPECT_THROW(lake.unregister_backend("c"), UnknownBackend);
}

TEST(RuLake, UnregisteringForgetsWhatWasCachedAndLetsGoOfTheBackend) {
  RuLake lake;
  auto store = std::make_shared<TestStore>("store");
  store->put("docs", random_rows(50, 8, 1));
  lake.register_backend(store);
  lake.search_one(kDocs, kQuery, 1);
  lake.unregister_backend("store");
  EXPECT_EQ(store.use_count(), 1);
  EXPECT_EQ(lake.cache_entry_count(), 0u);
  EXPECT_TRUE(lake.cache_stats_by_collection().empty());
  EXPECT_THROW(lake.search_one(kDocs, kQuery, 1), UnknownBackend);
  // Another store of the same name, whose versions count from one, too.
  const auto other = std::make_shared<TestStore>("store");
  other->put("docs", random_rows(50, 8, 1, 1000));
  lake.register_backend(other);
  EXPECT_GE(lake.search_one(kDocs, kQuery, 1)[0].id, 1000u);
}

TEST(RuLake, APullThatEndsAfterUnregisteringAnswersAndLeavesNothing) {
  LakeWithStore s;
  s.store->put("docs", random_rows(50, 8, 1));
  s.store->pull_ms = 100;
  std::thread searcher([&] { EXPECT_EQ(s.lake.search_one(kDocs, kQuery, 1).size(), 1u); });
  ASSERT_TRUE(comes_true([&] { return s.store->pulls == 1; }));
  s.lake.unregister_backend("store");
  searcher.join();
  EXPECT_EQ(s.lake.cache_entry_count(), 0u);
  EXPECT_EQ(s.lake.cache_stats().bytes, 0u);
  EXPECT_TRUE(s.lake.cache_stats_by_collection().empty());
}

TEST(RuLake, AVersionInvalidatedWhileItIsPulledIsNotServedForEver) {
  LakeWithStore s({.consistency = Consistency::frozen});
  s.store->put("docs", random_rows(50, 8, 1));
  // The rows have been read, and have not arrived.
  std::atomic<bool> read{false};
  std::atomic<bool> arrive{false};
  s.store->after_read = [&] {
    read = true;
    comes_true([&] { return arrive.load(); });
  };
  s.store->snapshots = true;
  std::thread searcher([&] { s.lake.search_one(kDocs, kQuery, 1); });
  ASSERT_TRUE(comes_true([&] { return read.load(); }));
  s.store->put("docs", random_rows(50, 8, 1, 1000));
  s.lake.invalidate_cache(kDocs);
  arrive = true;
  searcher.join();
  EXPECT_GE(s.lake.search_one(kDocs, kQuery, 1)[0].id, 1000u);
}

// --- names

TEST(RuLake, ANameAloneMeansTheOnlyBackendThatHasTheCollection) {
  RuLake lake;
  EXPECT_THROW(lake.resolve("docs"), UnknownCollection) << "there is no backend at all";
  const auto a = std::make_shared<TestStore>("a");
  const auto b = std::make_shared<TestStore>("b");
  a->put("docs", random_rows(5, 8, 1));
  b->put("logs", random_rows(5, 8, 1));
  lake.register_backend(a);
  lake.register_backend(b);
  EXPECT_EQ(lake.resolve("docs"), (LakeKey{"a", "docs"}));
  EXPECT_EQ(lake.resolve("logs"), (LakeKey{"b", "logs"}));
  EXPECT_THROW(lake.resolve("nothing"), UnknownCollection);
  const auto c = std::make_shared<TestStore>("c");
  c->put("docs", random_rows(5, 8, 1));
  lake.register_backend(c);
  EXPECT_NE(refusal([&] { lake.resolve("docs"); }).find("'a' and 'c'"), std::string::npos);
  lake.unregister_backend("a");
  EXPECT_EQ(lake.resolve("docs"), (LakeKey{"c", "docs"}));
}

TEST(RuLake, AStoreThatCannotListItsCollectionsIsNamed) {
  class Mute final : public BackendAdapter {
   public:
    std::string id() const override { return "mute"; }
    std::vector<std::string> list_collections() override {
      throw std::runtime_error("no permission");
    }
    PulledBatch pull_vectors(const std::string&) override { return {}; }
    Generation generation(const std::string&) override { return 1; }
  };
  LakeWithStore s;
  s.lake.register_backend(std::make_shared<Mute>());
  EXPECT_NE(message_of<BackendError>([&] { s.lake.resolve("docs"); }).find("'mute'"),
            std::string::npos);
}

TEST(RuLake, ABackendThatComesWhileANameIsResolvedIsNotOverlookedLater) {
  class Listed final : public BackendAdapter {
   public:
    std::string id() const override { return "listed"; }
    std::vector<std::string> list_collections() override {
      if (while_listing) std::exchange(while_listing, nullptr)();
      return {"docs"};
    }
    PulledBatch pull_vectors(const std::string&) override { return {}; }
    Generation generation(const std::string&) override { return 1; }
    std::function<void()> while_listing;
  };
  LakeWithStore s;
  const auto listed = std::make_shared<Listed>();
  s.lake.register_backend(listed);
  listed->while_listing = [&] {
    const auto late = std::make_shared<TestStore>("late");
    late->put("docs", random_rows(5, 8, 1));
    late->put("logs", random_rows(5, 8, 1));
    s.lake.register_backend(late);
    s.lake.resolve("logs");
  };
  EXPECT_EQ(s.lake.resolve("docs"), (LakeKey{"listed", "docs"}));
  EXPECT_THROW(s.lake.resolve("docs"), std::invalid_argument);
}

// --- consistency

TEST(RuLake, AConsistencySetBeforeTheCollectionExistsIsKept) {
  LakeWithStore s;
  s.lake.set_consistency(kDocs, Consistency::frozen);
  EXPECT_THROW(s.lake.search_one(kDocs, kQuery, 1), UnknownCollection);
  s.store->put("docs", random_rows(50, 8, 1));
  s.lake.search_one(kDocs, kQuery, 1);
  s.store->put("docs", random_rows(50, 8, 1, 1000));
  EXPECT_LT(s.lake.search_one(kDocs, kQuery, 1)[0].id, 1000u);
}

TEST(RuLake, ATtlMayBeLongerThanAnyClock) {
  LakeWithStore s({.consistency = Consistency::eventual, .ttl = milliseconds::max()});
  s.store->put("docs", random_rows(50, 8, 1));
  s.lake.search_one(kDocs, kQuery, 1);
  const int checks = s.store->checks;
  for (int i = 0; i < 5; ++i) s.lake.search_one(kDocs, kQuery, 1);
  EXPECT_EQ(s.store->checks, checks);
}

TEST(RuLake, WhatAWarmedSnapshotOfAnotherCollectionSaysIsNotServed) {
  const base::TestFolder folder;
  LakeWithStore s;
  s.store->put("docs", random_rows(50, 8, 1));
  s.store->put("logs", random_rows(50, 8, 2, 1000));  // of version 1, too
  s.lake.search_one({"store", "logs"}, kQuery, 1);
  s.lake.save_cache_to_dir({"store", "logs"}, folder.path());
  s.lake.warm_from_dir(kDocs, folder.path());
  EXPECT_LT(s.lake.search_one(kDocs, kQuery, 1)[0].id, 1000u);
}

// --- statistics

TEST(RuLake, StatisticsAddUpByBackendAndCollection) {
  RuLake lake;
  for (const char* name : {"a", "b"}) {
    const auto store = std::make_shared<TestStore>(name);
    store->put("docs", random_rows(50, 8, 1));
    store->put("logs", random_rows(50, 8, 2));
    lake.register_backend(store);
  }
  for (int i = 0; i < 3; ++i) {
    lake.search_one({"a", "docs"}, kQuery, 1);
    lake.search_one({"b", "docs"}, kQuery, 1);
    lake.search_batch({"b", "logs"}, {kQuery.data(), 1, 8}, 1);
  }
  lake.search_federated("logs", kQuery, 1);
  lake.invalidate_cache({"a", "docs"});
  lake.invalidate_cache({"a", "docs"});
  EXPECT_THROW(lake.search_one({"a", "none"}, kQuery, 1), UnknownCollection);

  const CacheStats all = lake.cache_stats();
  const auto by_backend = lake.cache_stats_by_backend();
  const auto by_collection = lake.cache_stats_by_collection();
  EXPECT_EQ(all.hits, 7u);
  EXPECT_EQ(all.misses, 4u);
  EXPECT_EQ(all.primes, 4u);
  EXPECT_EQ(all.invalidations, 1u);
  EXPECT_EQ(all.entries, 3u);
  EXPECT_GT(all.total_prime_ms, 0.0);
  EXPECT_DOUBLE_EQ(*all.hit_rate(), 7.0 / 11.0);
  EXPECT_DOUBLE_EQ(*all.avg_prime_ms(), all.total_prime_ms / 4);
  EXPECT_EQ(by_collection.size(), 4u);
  EXPECT_EQ(by_collection.at({"a", "docs"}),
            (PerBackendStats{.hits = 2, .misses = 1, .primes = 1, .invalidations = 1}));
  EXPECT_EQ(by_collection.at({"b", "logs"}),
            (PerBackendStats{.hits = 3, .misses = 1, .primes = 1}));
  EXPECT_EQ(by_backend.at("a"),
            (PerBackendStats{.hits = 2, .misses = 2, .primes = 2, .invalidations = 1}));
  EXPECT_EQ(by_backend.at("b"), (PerBackendStats{.hits = 5, .misses = 2, .primes = 2}));
  EXPECT_EQ(RuLake().cache_stats().hit_rate(), std::nullopt);
  EXPECT_EQ(RuLake().cache_stats().avg_prime_ms(), std::nullopt);
}

TEST(RuLake, AFailedCheckCountsAsNeitherHitNorMiss) {
  LakeWithStore s;
  s.store->put("docs", random_rows(50, 8, 1));
  s.lake.search_one(kDocs, kQuery, 1);
  s.store->fail_checks = true;
  EXPECT_THROW(s.lake.search_one(kDocs, kQuery, 1), BackendError);
  const CacheStats stats = s.lake.cache_stats();
  EXPECT_EQ(stats.hits, 0u);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.failures, 1u);
}

TEST(RuLake, OldVersionsLeaveSoThatEntriesStayBelowTheCap) {
  LakeWithStore s({.max_cache_entries = 2});
  for (int i = 0; i < 10; ++i) {
    const LakeKey key{"store", std::to_string(i)};
    s.store->put(key.collection, random_rows(20, 8, 1));
    s.lake.search_one(key, kQuery, 1);
    EXPECT_LE(s.lake.cache_entry_count(), 2u);
  }
  EXPECT_EQ(s.lake.cache_stats().evictions, 8u);
  EXPECT_FALSE(s.lake.contains({"store", "0"}));
  EXPECT_TRUE(s.lake.contains({"store", "9"}));
  EXPECT_EQ(s.lake.search_one({"store", "0"}, kQuery, 1).size(), 1u) << "is pulled again";
}

TEST(RuLake, AnEntryAboveTheCapIsAnErrorThatNamesCollectionAndLimit) {
  LakeWithStore s({.max_cache_bytes = 2000});
  s.store->put("docs", random_rows(500, 8, 1));
  const std::string message = message_of<LakeError>([&] { s.lake.search_one(kDocs, kQuery, 1); });
  EXPECT_NE(message.find("'docs' of backend 'store'"), std::string::npos);
  EXPECT_NE(message.find("max_cache_bytes 2000"), std::string::npos);
}

TEST(RuLake, CopiesShareOneLake) {
  LakeWithStore s;
  s.store->put("docs", random_rows(50, 8, 1));
  const RuLake copy = s.lake;
  copy.search_one(kDocs, kQuery, 1);
  EXPECT_TRUE(s.lake.contains(kDocs));
  EXPECT_EQ(s.lake.cache_witness_of(kDocs), copy.cache_witness_of(kDocs));
  EXPECT_EQ(s.lake.cache_witness_of({"store", "none"}), std::nullopt);
  EXPECT_EQ(s.lake.cache_refcount_of("unknown"), 0u);
}

// As the original's acceptance test: the lake adds nothing and loses nothing.
TEST(RuLake, RegisterSearchLocalEqualsADirectSearch) {
  const Rows rows = random_rows(50'000, 128, 1);
  const auto hot = std::make_shared<LocalBackend>("hot");
  hot->upsert("docs", rows.ids, rows.view());
  RuLake lake;
  lake.register_backend(hot);
  BuildParams params;
  params.ids = rows.ids;
  const RabitqPlusIndex direct = RabitqPlusIndex::build(rows.view(), params);
  for (unsigned q = 0; q < 20; ++q) {
    const std::vector<float> query = random_rows(1, 128, 9000 + q).vectors;
    const std::vector<Hit> expected = direct.search(query, 10);
    const std::vector<LakeHit> hits = lake.search_one({"hot", "docs"}, query, 10);
    ASSERT_EQ(hits.size(), expected.size());
    for (std::size_t i = 0; i < hits.size(); ++i) {
      EXPECT_EQ(hits[i].id, expected[i].id);
      EXPECT_EQ(hits[i].score, expected[i].score);
    }
  }
  EXPECT_EQ(lake.cache_stats().pulls, 1u);
}

}  // namespace
}  // namespace ruvector::lake
