// Searches that nobody waits for in place.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "lake/test_lake.h"

namespace ruvector::lake {
namespace {

using std::chrono::milliseconds;
using Hits = std::vector<LakeHit>;

std::vector<float> query_of(unsigned seed) { return random_rows(1, 16, seed).vectors; }

TEST(AsyncSearch, AHundredAtOnceAnswerAsTheyWouldOneByOne) {
  LakeWithStore s;
  s.store->put("docs", random_rows(1000, 16, 1));
  s.store->check_ms = 1;
  std::vector<Answer<Hits>> answers(100);
  for (unsigned i = 0; i < 100; ++i) {
    s.lake.search_one_async(kDocs, query_of(i), 10, {}, answers[i].done());
  }
  for (unsigned i = 0; i < 100; ++i) {
    EXPECT_EQ(answers[i].get(), s.lake.search_one(kDocs, query_of(i), 10)) << i;
  }
  const CacheStats stats = s.lake.cache_stats();
  EXPECT_EQ(stats.hits + stats.misses, 200u);
  EXPECT_EQ(stats.pulls, 1u);
}

TEST(AsyncSearch, BatchesAndFederatedSearchesAnswerAsTheirBlockingTwins) {
  LakeWithStore s;
  const auto other = std::make_shared<TestStore>("other");
  s.lake.register_backend(other);
  s.store->put("docs", random_rows(300, 16, 1));
  other->put("docs", random_rows(300, 16, 2, 1000));
  other->put("logs", random_rows(300, 16, 3));
  const Rows queries = random_rows(9, 16, 5);
  const std::vector<LakeKey> keys{kDocs, {"other", "docs"}};

  Answer<std::vector<Hits>> batch;
  s.lake.search_batch_async(kDocs, queries.vectors, 9, 4, {}, batch.done());
  EXPECT_EQ(batch.get(), s.lake.search_batch(kDocs, queries.view(), 4));
  Answer<std::vector<Hits>> empty;
  s.lake.search_batch_async(kDocs, {}, 0, 4, {}, empty.done());
  EXPECT_TRUE(empty.get().empty());
  Answer<FederatedHits> federated;
  s.lake.search_federated_async(keys, query_of(3), 7, {}, federated.done());
  EXPECT_EQ(federated.get().hits, s.lake.search_federated(keys, query_of(3), 7).hits);
  Answer<FederatedHits> by_name;
  s.lake.search_federated_async("docs", query_of(3), 7, {}, by_name.done());
  EXPECT_EQ(by_name.get().searched.size(), 2u);
  Answer<Hits> resolved;
  s.lake.search_one_async("logs", query_of(3), 7, {}, resolved.done());
  EXPECT_EQ(resolved.get(), s.lake.search_one({"other", "logs"}, query_of(3), 7));
  EXPECT_THROW(s.lake.search_batch_async(kDocs, std::vector<float>(10), 3, 4, {}, batch.done()),
               std::invalid_argument);
}

TEST(AsyncSearch, WhatTheCallerPassedMayBeGoneAtOnce) {
  LakeWithStore s;
  s.store->put("docs", random_rows(300, 16, 1));
  s.store->pull_ms = 50;
  Answer<Hits> answer;
  {
    std::vector<Id> allowed{7, 11};
    s.lake.search_one_async(kDocs, query_of(1), 10, {.allowed_ids = allowed}, answer.done());
    allowed.assign({1000, 1001});
  }
  std::vector<Id> found = ids_of(answer.get());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<Id>{7, 11}));
}

TEST(AsyncSearch, TheLakeMayBeGoneBeforeItsAnswers) {
  Answer<Hits> answer;
  {
    LakeWithStore s;
    s.store->put("docs", random_rows(300, 16, 1));
    s.store->pull_ms = 50;
    s.lake.search_one_async(kDocs, query_of(1), 10, {}, answer.done());
  }
  EXPECT_EQ(answer.get().size(), 10u);
}

TEST(AsyncSearch, CallbacksComeOnThreadsOfTheLibrary) {
  LakeWithStore s;
  s.store->put("docs", random_rows(300, 16, 1));
  for (const LakeKey& key : {kDocs, kDocs, LakeKey{"nowhere", "docs"}, LakeKey{"store", "none"}}) {
    std::promise<std::thread::id> called;
    s.lake.search_one_async(key, query_of(1), 10, {}, [&](const Hits&, std::exception_ptr) {
      called.set_value(std::this_thread::get_id());
    });
    EXPECT_NE(called.get_future().get(), std::this_thread::get_id()) << key.backend;
  }
}

TEST(AsyncSearch, ErrorsComeThroughTheCallback) {
  LakeWithStore s;
  s.store->put("docs", random_rows(300, 16, 1));
  const auto search = [&](const LakeKey& key, std::vector<float> query) {
    Answer<Hits> answer;
    s.lake.search_one_async(key, std::move(query), 10, {}, answer.done());
    answer.get();
  };
  EXPECT_THROW(search({"nowhere", "docs"}, query_of(1)), UnknownBackend);
  EXPECT_THROW(search({"store", "nothing"}, query_of(1)), UnknownCollection);
  EXPECT_THROW(search(kDocs, std::vector<float>(3)), DimensionMismatch);
  EXPECT_THROW(search(kDocs, std::vector<float>(16, NAN)), std::invalid_argument);
  s.store->fail_checks = true;
  EXPECT_THROW(search(kDocs, query_of(1)), BackendError);
  EXPECT_EQ(s.lake.cache_stats_by_collection().size(), 1u) << "unknown names are not remembered";
  const CacheStats stats = s.lake.cache_stats();
  EXPECT_EQ(stats.hits + stats.misses, 2u) << "a check that failed counts as neither";
}

TEST(AsyncSearch, ACallbackThatThrowsCostsNobodyElseAnAnswer) {
  LakeWithStore s;
  s.store->put("docs", random_rows(300, 16, 1));
  for (const LakeKey& key : {kDocs, LakeKey{"store", "none"}, LakeKey{"nowhere", "docs"}}) {
    s.store->pull_ms = 30;
    s.lake.invalidate_cache(kDocs);
    std::vector<Answer<Hits>> answers(5);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      s.lake.search_one_async(key, query_of(1), 3, {}, [](const Hits&, std::exception_ptr) {
        throw std::runtime_error("of the caller's own");
      });
      s.lake.search_one_async(key, query_of(1), 3, {}, answers[i].done());
    }
    for (auto& answer : answers) {
      if (key == kDocs) {
        EXPECT_EQ(answer.get().size(), 3u);
      } else {
        EXPECT_THROW(answer.get(), LakeError);
      }
    }
  }
}

// --- cancelling

TEST(AsyncSearch, WhatIsCancelledInTimeIsNotSearched) {
  LakeWithStore s;
  s.store->put("docs", random_rows(300, 16, 1));
  s.store->pull_ms = 60;
  Answer<Hits> kept;
  Answer<Hits> cancelled;
  s.lake.search_one_async(kDocs, query_of(1), 3, {}, kept.done());
  PendingSearch pending = s.lake.search_one_async(kDocs, query_of(1), 3, {}, cancelled.done());
  pending.cancel();
  EXPECT_THROW(cancelled.get(), Cancelled);
  EXPECT_EQ(kept.get().size(), 3u);
  pending.cancel();  // after the answer: nothing
}

const LakeKey kSlow{"slow", "docs"};

// A store that hands out chunks slowly, and counts them.
class SlowTable final : public BackendAdapter {
 public:
  std::string id() const override { return "slow"; }
  std::vector<std::string> list_collections() override { return {"docs"}; }
  Generation generation(const std::string&) override { return 1; }
  PulledBatch pull_vectors(const std::string&) override { throw std::logic_error("in chunks"); }
  std::unique_ptr<PulledChunks> pull_chunks(const std::string&) override {
    class Chunks final : public PulledChunks {
     public:
      explicit Chunks(SlowTable& table) : table_(table) {}
      std::optional<PulledBatch> next() override {
        if (given_ == kChunks) return std::nullopt;
        std::this_thread::sleep_for(milliseconds(2));
        ++table_.chunks;
        const Rows rows = random_rows(2, 16, 1, 2 * given_++);
        return PulledBatch::copy_of(rows.ids, rows.view(), 1);
      }

     private:
      SlowTable& table_;
      std::size_t given_ = 0;
    };
    return std::make_unique<Chunks>(*this);
  }
  static constexpr std::size_t kChunks = 500;
  std::atomic<std::size_t> chunks{0};
};

TEST(AsyncSearch, WhenAllWhoWaitHaveCancelledThePullStops) {
  const auto table = std::make_shared<SlowTable>();
  RuLake lake;
  lake.register_backend(table);
  std::vector<Answer<Hits>> answers(3);
  std::vector<PendingSearch> pending;
  for (auto& answer : answers) {
    pending.push_back(lake.search_one_async(kSlow, query_of(1), 3, {}, answer.done()));
  }
  ASSERT_TRUE(comes_true([&] { return table->chunks > 5; }));
  pending[0].cancel();
  pending[1].cancel();
  const std::size_t before = table->chunks;
  ASSERT_TRUE(comes_true([&] { return table->chunks > before + 10; })) << "one still waits";
  pending[2].cancel();
  for (auto& answer : answers) EXPECT_THROW(answer.get(), Cancelled);
  EXPECT_LT(table->chunks, SlowTable::kChunks);
  Answer<Hits> later;
  lake.search_one_async(kSlow, query_of(1), 3, {}, later.done());
  EXPECT_EQ(later.get().size(), 3u) << "the key is alive";
}

TEST(AsyncSearch, ABlockingFederatedSearchThatIsStoppedStopsItsPulls) {
  const auto table = std::make_shared<SlowTable>();
  RuLake lake;
  lake.register_backend(table);
  FederatedParams params;
  params.progress = [](std::size_t, std::size_t) { throw std::runtime_error("by the user"); };
  EXPECT_THROW(lake.search_federated("docs", query_of(1), 3, params), std::runtime_error);
  std::size_t last = 0;
  EXPECT_TRUE(comes_true([&] {
    const std::size_t now = table->chunks;
    std::this_thread::sleep_for(milliseconds(30));
    return std::exchange(last, now) == now;
  }));
  EXPECT_LT(table->chunks, SlowTable::kChunks);
}

}  // namespace
}  // namespace ruvector::lake
