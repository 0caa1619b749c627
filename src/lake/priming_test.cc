#include "lake/priming.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "lake/test_lake.h"

namespace ruvector::lake {
namespace {

using std::chrono::milliseconds;

TEST(Priming, DataThatAnotherKeyHasCostNoPull) {
  LakeWithStore s;
  s.store->shared_ref = "test://one-table";
  s.store->put("docs", random_rows(200, 8, 1));
  s.store->put("view", random_rows(200, 8, 1));
  const std::vector<float> query(8, 0.1F);
  const auto expected = ids_of(s.lake.search_one(kDocs, query, 5));
  EXPECT_EQ(ids_of(s.lake.search_one({"store", "view"}, query, 5)), expected);
  EXPECT_EQ(s.store->pulls, 1);
  const CacheStats stats = s.lake.cache_stats();
  EXPECT_EQ(stats.pulls, 1u);
  EXPECT_EQ(stats.primes, 1u);
  EXPECT_EQ(stats.shared_hits, 1u);
  EXPECT_EQ(stats.entries, 1u);
  EXPECT_EQ(s.lake.cache_refcount_of(*s.lake.cache_witness_of(kDocs)), 2u);
  EXPECT_EQ(s.lake.cache_stats_by_collection().at({"store", "view"}).shared_hits, 1u);
}

TEST(Priming, AVersionThatTheKeyItselfServesIsNoSharedOne) {
  LakeWithStore s;
  s.store->put("docs", random_rows(200, 8, 1));
  s.store->pull_ms = 5;
  std::vector<std::thread> clients;
  for (int i = 0; i < 32; ++i) {
    clients.emplace_back([&] { s.lake.search_one(kDocs, std::vector<float>(8, 0.1F), 5); });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(s.lake.cache_stats().shared_hits, 0u);
  EXPECT_EQ(s.lake.cache_stats().pulls, 1u);
}

// --- changes

// A table that changes at random and tells what changed.
class Table {
 public:
  explicit Table(std::shared_ptr<TestStore> store, bool tells) : store_(std::move(store)) {
    if (!tells) return;
    store_->changes = [this](const std::string&, const Generation&) {
      PulledChanges changes;
      changes.removed = removed_;
      changes.added = PulledBatch::copy_of(added_.ids, added_.view(), version_);
      return changes;
    };
  }

  void start(std::size_t rows) { change({}, random_rows(rows, kDim, 1)); }

  void change(std::vector<Id> removed, Rows added) {
    for (const Id id : removed) rows_.erase(id);
    for (std::size_t i = 0; i < added.ids.size(); ++i) {
      const auto first = added.vectors.begin() + static_cast<std::ptrdiff_t>(i * kDim);
      rows_[added.ids[i]].assign(first, first + kDim);
    }
    removed_ = std::move(removed);
    added_ = std::move(added);
    ++version_;
    store_->put("docs", rows());
  }

  Rows rows() const {
    Rows rows{{}, {}, kDim};
    for (const auto& [id, vector] : rows_) {
      rows.ids.push_back(id);
      rows.vectors.insert(rows.vectors.end(), vector.begin(), vector.end());
    }
    return rows;
  }

  static constexpr std::size_t kDim = 12;

 private:
  std::shared_ptr<TestStore> store_;
  std::map<Id, std::vector<float>> rows_;
  std::vector<Id> removed_;
  Rows added_{{}, {}, kDim};
  std::uint64_t version_ = 0;
};

TEST(Priming, ChangesGiveTheAnswersOfAFreshPull) {
  LakeWithStore s;
  Table table(s.store, true);
  table.start(600);
  std::mt19937 random(3);
  for (int version = 0; version < 6; ++version) {
    for (unsigned q = 0; q < 20; ++q) {
      const std::vector<float> query = random_rows(1, Table::kDim, 100 + q).vectors;
      EXPECT_EQ(ids_of(s.lake.search_one(kDocs, query, 10, {.rerank_factor = 1024})),
                ids_of(nearest_rows(table.rows(), query, 10)))
          << "version " << version << " query " << q;
    }
    // Some leave, among them one that is not there; some are replaced; some are new.
    std::vector<Id> removed{99'999};
    for (int i = 0; i < 40; ++i) removed.push_back(random() % 600);
    std::sort(removed.begin(), removed.end());
    removed.erase(std::unique(removed.begin(), removed.end()), removed.end());
    table.change(removed,
                 random_rows(60, Table::kDim, 10 + static_cast<unsigned>(version), random() % 700));
  }
  const CacheStats stats = s.lake.cache_stats();
  EXPECT_EQ(stats.pulls, 1u);
  EXPECT_EQ(stats.incremental, 5u);
  EXPECT_EQ(stats.entries, 1u);
}

TEST(Priming, ChangesMayTakeEverythingAwayAndBringItBack) {
  LakeWithStore s;
  Table table(s.store, true);
  table.start(50);
  const std::vector<float> query(Table::kDim, 0.0F);
  EXPECT_EQ(s.lake.search_one(kDocs, query, 3).size(), 3u);
  table.change(table.rows().ids, {{}, {}, Table::kDim});
  EXPECT_TRUE(s.lake.search_one(kDocs, query, 3).empty());
  table.change({}, random_rows(7, Table::kDim, 9));
  EXPECT_EQ(ids_of(s.lake.search_one(kDocs, query, 3)),
            ids_of(nearest_rows(table.rows(), query, 3)));
}

TEST(Priming, ChangesOfAnotherDimensionAreAnotherCollection) {
  LakeWithStore s;
  s.store->put("docs", random_rows(50, 8, 1));
  s.lake.search_one(kDocs, std::vector<float>(8), 1);
  const Rows wider = random_rows(50, 16, 2);
  s.store->changes = [&](const std::string&, const Generation&) {
    return PulledChanges{{}, PulledBatch::copy_of(wider.ids, wider.view(), 2)};
  };
  s.store->put("docs", wider);
  EXPECT_EQ(s.lake.search_one(kDocs, std::vector<float>(16), 5).size(), 5u);
  EXPECT_EQ(s.lake.cache_stats().pulls, 2u);
}

TEST(Priming, ChangesThatCannotBeAreAnErrorAndTheOldVersionStays) {
  LakeWithStore s;
  s.store->put("docs", random_rows(50, 8, 1));
  const std::vector<float> query(8);
  const auto before = s.lake.search_one(kDocs, query, 5);
  const auto witness = s.lake.cache_witness_of(kDocs);
  Rows odd = random_rows(3, 8, 2, 1000);
  odd.vectors[9] = std::numeric_limits<float>::quiet_NaN();
  s.store->changes = [&](const std::string&, const Generation&) {
    return PulledChanges{{}, PulledBatch::copy_of(odd.ids, odd.view(), 2)};
  };
  s.store->put("docs", random_rows(50, 8, 2));
  const std::string message = message_of<BackendError>([&] { s.lake.search_one(kDocs, query, 5); });
  EXPECT_NE(message.find("collection 'docs'"), std::string::npos) << message;
  EXPECT_EQ(s.lake.cache_witness_of(kDocs), witness);
  s.lake.set_consistency(kDocs, Consistency::frozen);
  EXPECT_EQ(s.lake.search_one(kDocs, query, 5), before) << "half of the changes were made";
}

// --- lists

std::optional<std::size_t> saved_partitions(RuLake& lake) {
  const base::TestFolder folder;
  lake.save_cache_to_dir(kDocs, folder.path());
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    if (file.path().extension() != ".rbpx") continue;
    return RabitqPlusIndex::load(file.path()).partitions();
  }
  ADD_FAILURE() << "no index was saved";
  return std::nullopt;
}

TEST(Priming, LargeCollectionsAreDividedAndKeepTheirWitness) {
  const Rows rows = random_rows(900, 12, 1);
  LakeWithStore whole;
  LakeWithStore divided({.partition_above = 899});
  LakeWithStore never({.partition_above = std::nullopt});
  for (LakeWithStore* s : {&whole, &divided, &never}) {
    s->store->put("docs", rows);
    for (unsigned q = 0; q < 20; ++q) {
      const std::vector<float> query = random_rows(1, 12, 100 + q).vectors;
      EXPECT_EQ(ids_of(s->lake.search_one(kDocs, query, 10, {.confidence = 1.0F, .recall = 1.0F})),
                ids_of(nearest_rows(rows, query, 10)));
    }
    EXPECT_EQ(s->lake.cache_witness_of(kDocs), whole.lake.cache_witness_of(kDocs));
  }
  EXPECT_EQ(saved_partitions(whole.lake), std::nullopt);
  EXPECT_EQ(saved_partitions(never.lake), std::nullopt);
  EXPECT_EQ(saved_partitions(divided.lake), 60U);
  LakeWithStore at_the_limit({.partition_above = 900});
  at_the_limit.store->put("docs", rows);
  at_the_limit.lake.search_one(kDocs, std::vector<float>(12), 1);
  EXPECT_EQ(saved_partitions(at_the_limit.lake), std::nullopt);
  EXPECT_THROW(RuLake({.partition_above = 0}), std::invalid_argument);
}

TEST(Priming, ADividedCollectionFindsTheRecallThatIsAskedFor) {
  const Rows rows = random_rows(4000, 12, 1);
  LakeWithStore s({.partition_above = 1000});
  s.store->put("docs", rows);
  const auto found = [&](const LakeSearchParams& params) {
    std::size_t count = 0;
    for (unsigned q = 0; q < 100; ++q) {
      const std::vector<float> query = random_rows(1, 12, 100 + q).vectors;
      const std::vector<Id> near = ids_of(nearest_rows(rows, query, 10));
      for (const Id id : ids_of(s.lake.search_one(kDocs, query, 10, params))) {
        count += static_cast<std::size_t>(std::count(near.begin(), near.end(), id));
      }
    }
    return static_cast<double>(count) / 1000.0;
  };
  EXPECT_GE(found({}), 0.98);
  EXPECT_GE(found({.recall = 0.9F}), 0.88);
  EXPECT_LT(found({.recall = 0.5F}), found({.recall = 0.9F}));
  EXPECT_GE(found({.recall = 1.0F}), 0.998);
  const std::vector<float> query(12);
  EXPECT_THROW(s.lake.search_one(kDocs, query, 1, {.recall = 1.5F}), std::invalid_argument);
}

TEST(Priming, ChangesOfADividedCollectionGiveTheAnswersOfAFreshPull) {
  LakeWithStore s({.partition_above = 100});
  Table table(s.store, true);
  table.start(400);
  for (unsigned version = 0; version < 8; ++version) {
    const std::vector<float> query = random_rows(1, Table::kDim, 100 + version).vectors;
    EXPECT_EQ(ids_of(s.lake.search_one(kDocs, query, 10, {.confidence = 1.0F, .recall = 1.0F})),
              ids_of(nearest_rows(table.rows(), query, 10)));
    table.change({Id{version}}, random_rows(300, Table::kDim, 10 + version, 1000 * (version + 1)));
  }
  s.lake.search_one(kDocs, std::vector<float>(Table::kDim), 1);
  EXPECT_EQ(s.lake.cache_stats().pulls, 1u);
  const auto lists = saved_partitions(s.lake);
  ASSERT_TRUE(lists.has_value());
  EXPECT_GT(*lists, 40U);  // which 400 vectors have
}

// --- what stores get wrong

TEST(Priming, ADuplicateIdNamesBackendCollectionAndId) {
  LakeWithStore s;
  Rows rows = random_rows(50, 8, 1, Id{1} << 40);
  rows.ids[31] = rows.ids[7];
  s.store->put("docs", rows);
  const std::string message =
      message_of<BackendError>([&] { s.lake.search_one(kDocs, std::vector<float>(8), 1); });
  EXPECT_NE(message.find("'store'"), std::string::npos) << message;
  EXPECT_NE(message.find("'docs'"), std::string::npos) << message;
  EXPECT_NE(message.find(std::to_string(rows.ids[7])), std::string::npos) << message;
}

TEST(Priming, AValueThatIsNotFiniteNamesBackendCollectionAndRow) {
  for (const float odd :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    LakeWithStore s;
    Rows rows = random_rows(50, 8, 1);
    rows.vectors[8 * 33 + 2] = odd;
    s.store->put("docs", rows);
    const std::string message =
        message_of<BackendError>([&] { s.lake.search_one(kDocs, std::vector<float>(8), 1); });
    EXPECT_NE(message.find("'store'"), std::string::npos) << message;
    EXPECT_NE(message.find("'docs'"), std::string::npos) << message;
    EXPECT_NE(message.find("33"), std::string::npos) << message;
  }
}

// A store that does what no store should.
class OddStore final : public BackendAdapter {
 public:
  std::string id() const override { return "odd"; }
  std::vector<std::string> list_collections() override { return {"docs"}; }
  PulledBatch pull_vectors(const std::string&) override {
    if (throws) throw 42;
    const Rows rows = random_rows(4, 2, 1);
    return PulledBatch::copy_of(rows.ids, rows.view(), 1);
  }
  std::unique_ptr<PulledChunks> pull_chunks(const std::string& collection) override {
    return is_null ? nullptr : BackendAdapter::pull_chunks(collection);
  }
  Generation generation(const std::string&) override {
    return of_two_types ? Generation("1") : Generation(1);
  }

  bool throws = false;
  bool is_null = false;
  bool of_two_types = false;
};

TEST(Priming, OddStoresAreErrorsOfTheirOwn) {
  const LakeKey key{"odd", "docs"};
  const auto search = [&](const std::shared_ptr<OddStore>& store) {
    RuLake lake;
    lake.register_backend(store);
    return lake.search_one(key, std::vector<float>(2), 1).size();
  };
  const auto throwing = std::make_shared<OddStore>();
  throwing->throws = true;
  EXPECT_NE(message_of<BackendError>([&] { search(throwing); }).find("'odd'"), std::string::npos);
  const auto null = std::make_shared<OddStore>();
  null->is_null = true;
  EXPECT_NE(message_of<BackendError>([&] { search(null); }).find("pull_chunks"), std::string::npos);
  const auto of_two_types = std::make_shared<OddStore>();
  of_two_types->of_two_types = true;
  EXPECT_NE(message_of<BackendError>([&] { search(of_two_types); }).find("changed during each"),
            std::string::npos)
      << "1 and \"1\" are two generations";
  EXPECT_EQ(search(std::make_shared<OddStore>()), 1u);
}

TEST(Priming, AnEmptyCollectionIsCachedAndAnswersNothing) {
  for (const std::size_t dim : {std::size_t{0}, std::size_t{8}}) {
    LakeWithStore s;
    s.store->put("docs", {{}, {}, dim});
    const std::vector<float> query(8);
    EXPECT_TRUE(s.lake.search_one(kDocs, query, 5).empty());
    EXPECT_TRUE(s.lake.search_one(kDocs, query, 5).empty());
    EXPECT_EQ(s.store->pulls, 1);
    EXPECT_TRUE(s.lake.contains(kDocs));
    s.store->put("docs", random_rows(3, 8, 1));
    EXPECT_EQ(s.lake.search_one(kDocs, query, 5).size(), 3u);
  }
}

// --- rows in files

TEST(Priming, WithACacheFolderRowsAreMappedAndTheFolderStaysEmpty) {
  const base::TestFolder folder;
  const std::filesystem::path cache_dir = folder.path() / "made" / "when needed";
  const Rows rows = random_rows(3000, 64, 1);
  LakeWithStore in_memory;
  LakeWithStore in_file({.cache_dir = cache_dir});
  for (LakeWithStore* s : {&in_memory, &in_file}) s->store->put("docs", rows);
  for (unsigned q = 0; q < 10; ++q) {
    const std::vector<float> query = random_rows(1, 64, 50 + q).vectors;
    EXPECT_EQ(in_file.lake.search_one(kDocs, query, 10),
              in_memory.lake.search_one(kDocs, query, 10));
  }
  const std::size_t row_bytes = rows.vectors.size() * sizeof(float);
  EXPECT_GE(in_memory.lake.cache_stats().bytes, row_bytes);
  EXPECT_LT(in_file.lake.cache_stats().bytes, row_bytes / 2);
  EXPECT_TRUE(std::filesystem::is_empty(cache_dir)) << "whatever happens nothing is left behind";
}

TEST(Priming, ACacheFolderThatCannotBeIsAnErrorThatNamesItAndIsMetOnce) {
  const base::TestFolder folder;
  const std::filesystem::path file = folder.path() / "file";
  std::ofstream(file) << "not a folder";
  LakeWithStore s({.cache_dir = file / "cache"});
  s.store->put("docs", random_rows(50, 8, 1));
  s.store->pull_ms = 100;
  std::atomic<int> named{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      try {
        s.lake.search_one(kDocs, std::vector<float>(8), 1);
      } catch (const PersistError& error) {
        named += error.path() == file / "cache" ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(named, 8);
  EXPECT_LE(s.store->pulls, 2) << "who waits shares the error instead of pulling in turn";
  EXPECT_GE(s.lake.cache_stats().failures, 1u);
}

}  // namespace
}  // namespace ruvector::lake
