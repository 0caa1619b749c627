// Everything that a lake can do, at random from many threads at once.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "lake/test_lake.h"

namespace ruvector::lake {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kThreads = 8;
// It blows for a while, and until all that may happen has: a slow machine needs longer for that.
constexpr auto kStormFor = std::chrono::seconds(3);
constexpr auto kAtMost = std::chrono::seconds(60);
constexpr std::uint64_t kAnswers = 200;
constexpr std::size_t kCollections = 3;
constexpr std::size_t kDim = 8;
constexpr std::size_t kQueries = 16;
constexpr std::size_t kK = 5;
// Version v of a collection holds the same vectors as every other one, under ids from v * kStep.
constexpr Id kStep = 1000;

Rows rows_of(std::size_t collection, std::uint64_t version) {
  return random_rows(80, kDim, static_cast<unsigned>(collection), version * kStep);
}

// A collection of a store, which writers give new versions.
struct Table {
  LakeKey key;
  std::shared_ptr<TestStore> store;
  std::size_t number = 0;
  std::mutex writer;
  std::atomic<std::uint64_t> version{0};
  // Under another consistency than fresh an answer may be old.
  bool is_fresh = true;
  std::array<std::vector<Id>, kQueries> right;  // ids below kStep
};

class Storm {
 public:
  Storm() : lake_({.max_cache_entries = 4}) {
    for (std::size_t q = 0; q < kQueries; ++q) {
      queries_.push_back(random_rows(1, kDim, 700 + static_cast<unsigned>(q)).vectors);
    }
    for (const char* name : {"a", "b"}) {
      stores_.push_back(std::make_shared<TestStore>(name));
      stores_.back()->snapshots = true;
      lake_.register_backend(stores_.back());
      for (std::size_t c = 0; c < kCollections; ++c) add_table(stores_.back(), c);
    }
    lake_.set_consistency({"a", "c2"}, Consistency::eventual, milliseconds(1));
    tables_[2]->is_fresh = false;
  }

  void run() {
    std::vector<std::thread> threads;
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i, begin] {
        std::mt19937 random(i);
        while (!is_over(std::chrono::steady_clock::now() - begin)) act(random);
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_TRUE(comes_true([&] { return in_flight_ == 0; }));
  }

  void check_answers() {
    for (const auto& table : tables_) {
      if (!table->is_fresh) lake_.set_consistency(table->key, Consistency::fresh);
      const Rows rows = rows_of(table->number, table->version);
      for (const std::vector<float>& query : queries_) {
        EXPECT_EQ(ids_of(lake_.search_one(table->key, query, kK)),
                  ids_of(nearest_rows(rows, query, kK)));
        ++answered_;
      }
    }
  }

  void check_counters() {
    const CacheStats stats = lake_.cache_stats();
    EXPECT_GE(stats.hits + stats.misses, answered_);
    EXPECT_LE(stats.hits + stats.misses, answered_ + cancelled_);
    EXPECT_EQ(stats.failures, 0u);
    EXPECT_LE(stats.primes, stats.pulls);
    EXPECT_LE(stats.entries, 4u);
    EXPECT_TRUE(all_happened()) << stats.evictions << " evictions, " << stats.invalidations
                                << " invalidations, " << stats.warm_installs << " warm installs, "
                                << answered_ << " answers";
    std::uint64_t served = 0;
    for (const auto& table : tables_) served += lake_.contains(table->key) ? 1 : 0;
    EXPECT_EQ(served, stats.entries) << "what is cached is what some key serves";
    for (const auto& store : stores_) lake_.unregister_backend(store->id());
    EXPECT_EQ(lake_.cache_stats().entries, 0u);
    EXPECT_EQ(lake_.cache_stats().bytes, 0u);
    EXPECT_TRUE(lake_.cache_stats_by_collection().empty());
  }

  std::uint64_t wrong() const { return wrong_; }

 private:
  bool is_over(std::chrono::steady_clock::duration age) const {
    return age > kStormFor && (all_happened() || age > kAtMost);
  }

  bool all_happened() const {
    const CacheStats stats = lake_.cache_stats();
    return stats.evictions > 0 && stats.invalidations > 0 && stats.warm_installs > 0 &&
           answered_ > kAnswers;
  }

  void add_table(const std::shared_ptr<TestStore>& store, std::size_t number) {
    auto table = std::make_unique<Table>();
    table->key = {store->id(), "c" + std::to_string(number)};
    table->store = store;
    table->number = number;
    store->put(table->key.collection, rows_of(number, 0));
    for (std::size_t q = 0; q < kQueries; ++q) {
      table->right[q] = ids_of(nearest_rows(rows_of(number, 0), queries_[q], kK));
    }
    tables_.push_back(std::move(table));
  }

  // An answer is right when it is of one version, not older than its question, and the nearest.
  void check(const Table& table, std::size_t q, std::uint64_t before, const LakeHit* hits,
             std::size_t count) {
    ++answered_;
    bool right = count == kK;
    for (std::size_t i = 0; right && i < count; ++i) {
      right = hits[i].id / kStep == hits[0].id / kStep && hits[i].id % kStep == table.right[q][i];
    }
    if (right && table.is_fresh) right = hits[0].id / kStep >= before;
    if (!right) ++wrong_;
  }

  void act(std::mt19937& random) {
    Table& table = *tables_[random() % tables_.size()];
    const std::size_t q = random() % kQueries;
    try {
      switch (random() % 24) {
        case 0:
          return write(table);
        case 1:
          return lake_.invalidate_cache(table.key);
        case 2:
          lake_.save_cache_to_dir(table.key, snapshot_of(table));
          return;
        case 3:
          lake_.warm_from_dir(table.key, snapshot_of(table));
          return;
        case 4:
          lake_.publish_bundle(table.key, bundle_of(table));
          lake_.refresh_from_bundle_dir(table.key, bundle_of(table));
          return;
        case 5:
          if (random() % 8 == 0) register_again();
          return;
        case 6:
          return look();
        case 7:
        case 8:
          return search_federated(table, q);
        case 9:
        case 10:
        case 11:
        case 12:
        case 13:
          return search_async(table, q, random() % 4 == 0);
        default:
          return search(table, q);
      }
    } catch (const UnknownBackend&) {  // while it was registered anew
    } catch (const CacheMissError&) {  // nothing to save
    } catch (const BundleError&) {     // nothing saved so far
    } catch (const PersistError&) {    // the same
    }
  }

  void write(Table& table) {
    const std::lock_guard lock(table.writer);
    table.store->put(table.key.collection, rows_of(table.number, table.version + 1));
    ++table.version;
  }

  void search(const Table& table, std::size_t q) {
    const std::uint64_t before = table.version;
    const auto hits = lake_.search_one(table.key, queries_[q], kK);
    check(table, q, before, hits.data(), hits.size());
  }

  void search_federated(const Table& table, std::size_t q) {
    FederatedParams params;
    params.partial = Partial::allow;
    const FederatedHits found =
        lake_.search_federated(std::vector{table.key}, queries_[q], kK, params);
    if (found.searched.empty()) return;
    check(table, q, 0, found.hits.data(), found.hits.size());
  }

  void search_async(const Table& table, std::size_t q, bool cancel) {
    const std::uint64_t before = table.version;
    ++in_flight_;
    PendingSearch pending =
        lake_.search_one_async(table.key, queries_[q], kK, {},
                               [this, &table, q, before](const std::vector<LakeHit>& hits,
                                                         const std::exception_ptr& error) {
                                 try {
                                   if (error) std::rethrow_exception(error);
                                   check(table, q, before, hits.data(), hits.size());
                                 } catch (const UnknownBackend&) {
                                 } catch (const Cancelled&) {
                                   ++cancelled_;
                                 } catch (...) {
                                   ++wrong_;
                                 }
                                 --in_flight_;
                               });
    if (cancel) pending.cancel();
  }

  void register_again() {
    lake_.unregister_backend("b");
    std::this_thread::sleep_for(milliseconds(2));
    lake_.register_backend(stores_[1]);
  }

  void look() const {
    const CacheStats stats = lake_.cache_stats();
    lake_.cache_stats_by_backend();
    lake_.cache_stats_by_collection();
    if (const auto witness = lake_.cache_witness_of(tables_[0]->key)) {
      lake_.cache_refcount_of(*witness);
    }
    EXPECT_LE(stats.entries, 4u);
  }

  std::filesystem::path snapshot_of(const Table& table) const {
    return folder_.path() / ("snapshot-" + table.key.backend + table.key.collection);
  }
  std::filesystem::path bundle_of(const Table& table) const {
    return folder_.path() / ("bundle-" + table.key.backend + table.key.collection);
  }

  const base::TestFolder folder_;
  RuLake lake_;
  std::vector<std::shared_ptr<TestStore>> stores_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::vector<float>> queries_;
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> cancelled_{0};
  std::atomic<std::uint64_t> wrong_{0};
  std::atomic<int> in_flight_{0};
};

TEST(Storm, NoAnswerIsWrongAndTheCountersAddUp) {
  Storm storm;
  storm.run();
  EXPECT_EQ(storm.wrong(), 0u);
  storm.check_answers();
  storm.check_counters();
}

}  // namespace
}  // namespace ruvector::lake
