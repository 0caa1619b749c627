// Bundles and snapshots of what a lake serves.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "lake/test_lake.h"
#include "ruvector/lake/local_backend.h"

namespace ruvector::lake {
namespace {

namespace fs = std::filesystem;

const LakeKey kHot{"hot", "docs"};
const std::vector<float> kQuery = random_rows(1, 16, 99).vectors;

Ed25519PrivateKey key_of(int number) {
  Ed25519PrivateKey key{};
  key.fill(static_cast<std::byte>(number));
  return key;
}

class PublishingTest : public testing::Test {
 protected:
  PublishingTest() {
    put(rows_);
    lake_.register_backend(hot_);
  }
  void put(const Rows& rows) { hot_->upsert("docs", rows.ids, rows.view()); }
  static std::vector<LakeHit> search(const RuLake& lake) {
    return lake.search_one(kHot, kQuery, 10);
  }
  // What a lake without any backend answers from the snapshot.
  std::vector<LakeHit> answers_of_snapshot(LakeParams params = {}) const {
    params.consistency = Consistency::frozen;
    const RuLake reader(params);
    reader.warm_from_dir(kHot, folder_.path(), false, true);
    return search(reader);
  }

  const Rows rows_ = random_rows(400, 16, 1, Id{1} << 40);
  const base::TestFolder folder_;
  const std::shared_ptr<LocalBackend> hot_ = std::make_shared<LocalBackend>("hot");
  RuLake lake_;
};

// --- publish and refresh

TEST_F(PublishingTest, PublishRefreshRoundtrip) {
  const fs::path bundles = folder_.path() / "made" / "on demand";
  EXPECT_EQ(lake_.refresh_from_bundle_dir(kHot, bundles), RefreshResult::bundle_missing);
  const auto before = search(lake_);
  EXPECT_EQ(lake_.publish_bundle(kHot, bundles), bundles / RuLakeBundle::kFileName);
  EXPECT_EQ(lake_.refresh_from_bundle_dir(kHot, bundles), RefreshResult::up_to_date);
  EXPECT_TRUE(lake_.contains(kHot));
  put(random_rows(1, 16, 99, 7));  // the query itself
  lake_.publish_bundle(kHot, bundles);
  EXPECT_EQ(lake_.refresh_from_bundle_dir(kHot, bundles), RefreshResult::invalidated);
  EXPECT_FALSE(lake_.contains(kHot));
  EXPECT_EQ(lake_.refresh_from_bundle_dir(kHot, bundles), RefreshResult::up_to_date)
      << "nothing is cached any more";
  EXPECT_EQ(search(lake_)[0].id, 7u);
  EXPECT_NE(search(lake_), before);
  EXPECT_EQ(lake_.refresh_from_bundle_dir(kHot, bundles), RefreshResult::up_to_date);
}

TEST_F(PublishingTest, AFrozenLakeServesTheNewVersionAfterARefresh) {
  RuLake frozen({.consistency = Consistency::frozen});
  frozen.register_backend(hot_);
  search(frozen);
  put(random_rows(1, 16, 99, 7));
  frozen.publish_bundle(kHot, folder_.path());
  EXPECT_NE(search(frozen)[0].id, 7u);
  EXPECT_EQ(frozen.refresh_from_bundle_dir(kHot, folder_.path()), RefreshResult::invalidated)
      << "what is published is the backend's version, not the one in the cache";
  EXPECT_EQ(search(frozen)[0].id, 7u);
}

TEST(Publishing, AFrozenLakeAsksAStoreThatTellsNoBundleBeforeItPublishes) {
  const base::TestFolder folder;
  LakeWithStore s({.consistency = Consistency::frozen});
  s.store->put("docs", random_rows(50, 16, 1));
  s.lake.search_one(kDocs, kQuery, 1);
  s.store->put("docs", random_rows(50, 16, 1, 1000));
  s.lake.publish_bundle(kDocs, folder.path());
  EXPECT_EQ(RuLakeBundle::read_from_dir(folder.path()).generation, Generation(2));
  const CacheStats stats = s.lake.cache_stats();
  EXPECT_EQ(stats.hits + stats.misses, 1u) << "publishing is no search";
}

TEST_F(PublishingTest, ABundleThatWasTamperedWithIsRefusedAndDropsNothing) {
  lake_.publish_bundle(kHot, folder_.path());
  search(lake_);
  const fs::path path = folder_.path() / RuLakeBundle::kFileName;
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  text.replace(text.find("local://hot"), 11, "local://hut");
  std::ofstream(path) << text;
  EXPECT_THROW(lake_.refresh_from_bundle_dir(kHot, folder_.path()), WitnessMismatch);
  std::ofstream(path) << "{";
  EXPECT_THROW(lake_.refresh_from_bundle_dir(kHot, folder_.path()), BundleError);
  EXPECT_TRUE(lake_.contains(kHot));
}

TEST_F(PublishingTest, ABundleThatSaysAnotherRerankFactorIsOfTheSameData) {
  search(lake_);
  RuLake other({.rerank_factor = 50});
  other.register_backend(hot_);
  other.publish_bundle(kHot, folder_.path());
  EXPECT_EQ(RuLakeBundle::read_from_dir(folder_.path()).rerank_factor, 50u);
  EXPECT_EQ(lake_.refresh_from_bundle_dir(kHot, folder_.path()), RefreshResult::up_to_date);
}

TEST_F(PublishingTest, ABackendsBundleThatDoesNotFitItsWitnessIsNotPublished) {
  class Liar final : public BackendAdapter {
   public:
    std::string id() const override { return "liar"; }
    std::vector<std::string> list_collections() override { return {}; }
    PulledBatch pull_vectors(const std::string&) override { return {}; }
    Generation generation(const std::string&) override { return 1; }
    std::optional<RuLakeBundle> current_bundle(const std::string&, std::uint64_t seed,
                                               std::uint64_t rerank_factor) override {
      RuLakeBundle bundle = RuLakeBundle::make("liar://docs", 8, seed, rerank_factor, 1);
      bundle.dim = 9;
      return bundle;
    }
  };
  lake_.register_backend(std::make_shared<Liar>());
  EXPECT_THROW(lake_.publish_bundle({"liar", "docs"}, folder_.path()), WitnessMismatch);
  EXPECT_FALSE(RuLakeBundle::exists_in(folder_.path()));
  EXPECT_THROW(lake_.publish_bundle({"nowhere", "docs"}, folder_.path()), UnknownBackend);
}

// --- signatures

TEST_F(PublishingTest, WithTrustedKeysOnlySignedBundlesAndSnapshotsAreTaken) {
  RuLake signer({.signing_key = key_of(1)});
  signer.register_backend(hot_);
  LakeParams trusting;
  trusting.trusted_keys = {public_key_of(key_of(1))};
  const RuLake reader(trusting);

  search(lake_);
  lake_.save_cache_to_dir(kHot, folder_.path());  // unsigned: anybody can seal a witness
  EXPECT_THROW(reader.warm_from_dir(kHot, folder_.path()), BundleError);
  EXPECT_THROW(reader.refresh_from_bundle_dir(kHot, folder_.path()), BundleError);
  EXPECT_EQ(reader.cache_entry_count(), 0u);

  search(signer);
  signer.save_cache_to_dir(kHot, folder_.path());
  EXPECT_EQ(reader.warm_from_dir(kHot, folder_.path()), 400u);
  // What the witness does not cover is covered by the signature.
  RuLakeBundle bundle = RuLakeBundle::read_from_dir(folder_.path());
  bundle.pii_policy = "none";
  bundle.write_to_dir(folder_.path());
  EXPECT_THROW(reader.warm_from_dir(kHot, folder_.path()), BundleError);
  RuLake stranger({.signing_key = key_of(2)});
  stranger.register_backend(hot_);
  stranger.publish_bundle(kHot, folder_.path());
  EXPECT_THROW(reader.refresh_from_bundle_dir(kHot, folder_.path()), BundleError);
}

// --- save and warm

TEST_F(PublishingTest, ASnapshotAnswersAsTheLakeDidWithTheSameIds) {
  const auto before = search(lake_);
  EXPECT_GE(before[0].id, Id{1} << 40);
  lake_.save_cache_to_dir(kHot, folder_.path());
  EXPECT_EQ(answers_of_snapshot(), before);
}

TEST_F(PublishingTest, PublishingTheSameDataLeavesASnapshotOpenable) {
  const auto expected = search(lake_);
  lake_.save_cache_to_dir(kHot, folder_.path());
  lake_.publish_bundle(kHot, folder_.path());
  EXPECT_EQ(answers_of_snapshot(), expected);
}

TEST_F(PublishingTest, PublishingSignsNoIndexThatAnotherHandNamed) {
  search(lake_);
  lake_.save_cache_to_dir(kHot, folder_.path());
  RuLake signing({.signing_key = key_of(1)});
  signing.register_backend(hot_);
  signing.publish_bundle(kHot, folder_.path());
  EXPECT_EQ(RuLakeBundle::read_from_dir(folder_.path()).index_digest, std::nullopt);
}

TEST_F(PublishingTest, NothingCachedIsNothingToSave) {
  EXPECT_THROW(lake_.save_cache_to_dir(kHot, folder_.path()), CacheMissError);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(PublishingTest, ASaveIsStampedWithTheVersionSavedHoweverTheStoreHasMovedOn) {
  search(lake_);
  const Generation saved = hot_->generation("docs");
  put(random_rows(1, 16, 99, 7));
  lake_.save_cache_to_dir(kHot, folder_.path());
  EXPECT_EQ(RuLakeBundle::read_from_dir(folder_.path()).generation, saved);
  RuLake reader;
  reader.register_backend(hot_);
  reader.warm_from_dir(kHot, folder_.path());
  EXPECT_EQ(search(reader)[0].id, 7u) << "old rows under the new version would be a stale hit";
}

TEST_F(PublishingTest, AFreshLakeServesAWarmedVersionThatIsStillTheStores) {
  search(lake_);
  lake_.save_cache_to_dir(kHot, folder_.path());
  RuLake reader;
  reader.register_backend(hot_);
  EXPECT_EQ(reader.warm_from_dir(kHot, folder_.path()), 400u);
  EXPECT_EQ(search(reader), search(lake_));
  const CacheStats stats = reader.cache_stats();
  EXPECT_EQ(stats.pulls, 0u);
  EXPECT_EQ(stats.hits, 1u);
  EXPECT_EQ(stats.warm_installs, 1u);
}

TEST_F(PublishingTest, WarmingALiveKeyAgainAndAgainKeepsItAlive) {
  const auto before = search(lake_);
  lake_.save_cache_to_dir(kHot, folder_.path());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(lake_.warm_from_dir(kHot, folder_.path()), 400u);
    EXPECT_EQ(search(lake_), before);
  }
  const CacheStats stats = lake_.cache_stats();
  EXPECT_EQ(stats.entries, 1u);
  EXPECT_EQ(stats.pulls, 1u);
  EXPECT_EQ(stats.warm_installs, 0u) << "it was there";
  EXPECT_EQ(stats.invalidations, 0u);
  EXPECT_EQ(lake_.cache_refcount_of(*lake_.cache_witness_of(kHot)), 1u);
}

TEST_F(PublishingTest, AnotherRerankFactorNeedsNoPull) {
  search(lake_);
  lake_.save_cache_to_dir(kHot, folder_.path());
  RuLake reader({.rerank_factor = 200});
  reader.register_backend(hot_);
  reader.warm_from_dir(kHot, folder_.path());
  EXPECT_EQ(ids_of(search(reader)), ids_of(nearest_rows(rows_, kQuery, 10)));
  EXPECT_EQ(reader.cache_stats().pulls, 0u);
}

TEST_F(PublishingTest, ASnapshotOfAnotherSeedIsRefusedUnlessLenient) {
  RuLake other({.rotation_seed = 7});
  other.register_backend(hot_);
  search(other);
  other.save_cache_to_dir(kHot, folder_.path());
  const std::string message =
      message_of<BundleError>([&] { lake_.warm_from_dir(kHot, folder_.path()); });
  EXPECT_NE(message.find("is 7, the lake's is 42"), std::string::npos) << message;
  EXPECT_EQ(lake_.warm_from_dir(kHot, folder_.path(), true), 400u);
  EXPECT_EQ(ids_of(search(lake_)), ids_of(nearest_rows(rows_, kQuery, 10)));
}

TEST_F(PublishingTest, ASnapshotOfAnotherMetricIsRefusedAlways) {
  RuLake other({.metric = Metric::cosine});
  other.register_backend(hot_);
  search(other);
  other.save_cache_to_dir(kHot, folder_.path());
  EXPECT_THROW(lake_.warm_from_dir(kHot, folder_.path()), BundleError);
  EXPECT_THROW(lake_.warm_from_dir(kHot, folder_.path(), true), BundleError);
  EXPECT_EQ(lake_.cache_entry_count(), 0u);
}

TEST_F(PublishingTest, AForeignIndexUnderAValidBundleIsRefused) {
  search(lake_);
  const fs::path ours = lake_.save_cache_to_dir(kHot, folder_.path());
  const base::TestFolder elsewhere;
  hot_->upsert("other", rows_.ids, random_rows(400, 16, 5).view());
  lake_.search_one({"hot", "other"}, kQuery, 1);
  const fs::path foreign = lake_.save_cache_to_dir({"hot", "other"}, elsewhere.path());
  fs::copy_file(foreign, ours, fs::copy_options::overwrite_existing);
  const RuLake reader;
  EXPECT_THROW(reader.warm_from_dir(kHot, folder_.path()), WitnessMismatch);
  EXPECT_THROW(reader.warm_from_dir(kHot, folder_.path(), true), WitnessMismatch);
  EXPECT_EQ(reader.cache_entry_count(), 0u);
}

TEST_F(PublishingTest, ADamagedRowIsForVerifyToFind) {
  search(lake_);
  const fs::path path = lake_.save_cache_to_dir(kHot, folder_.path());
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string row(reinterpret_cast<const char*>(rows_.vectors.data()), 16 * sizeof(float));
  const std::size_t at = bytes.find(row);
  ASSERT_NE(at, std::string::npos);
  const std::vector<float> odd(16, std::numeric_limits<float>::quiet_NaN());
  bytes.replace(at, row.size(), reinterpret_cast<const char*>(odd.data()), row.size());
  std::ofstream(path, std::ios::binary) << bytes;
  const RuLake reader({.consistency = Consistency::frozen});
  EXPECT_THROW(reader.warm_from_dir(kHot, folder_.path(), false, true), RuVectorError);
  EXPECT_EQ(reader.warm_from_dir(kHot, folder_.path()), 400u);
  EXPECT_EQ(search(reader).size(), 10u);
}

TEST_F(PublishingTest, PublishersAndSaversOfOneDirectoryLeaveItOpenable) {
  const RuLake& lake = lake_;
  search(lake);
  lake.save_cache_to_dir(kHot, folder_.path());
  std::atomic<bool> stop{false};
  std::thread publisher([&] {
    while (!stop) lake.publish_bundle(kHot, folder_.path());
  });
  for (Id id = 0; id < 60; ++id) {
    put(random_rows(1, 16, 50, id));
    search(lake);
    lake.save_cache_to_dir(kHot, folder_.path());
    const RuLakeBundle bundle = RuLakeBundle::read_from_dir(folder_.path());
    if (bundle.index_file) {
      EXPECT_TRUE(fs::exists(folder_.path() / *bundle.index_file)) << id;
    }
  }
  stop = true;
  publisher.join();
  EXPECT_EQ(answers_of_snapshot(), search(lake));
}

TEST(Publishing, AnEmptyCollectionIsSavedAndWarmed) {
  const base::TestFolder folder;
  LakeWithStore s;
  s.store->put("docs", {{}, {}, 16});
  s.lake.search_one(kDocs, kQuery, 1);
  s.lake.save_cache_to_dir(kDocs, folder.path());
  LakeWithStore reader;
  reader.store->put("docs", {{}, {}, 16});
  EXPECT_EQ(reader.lake.warm_from_dir(kDocs, folder.path(), false, true), 0u);
  EXPECT_TRUE(reader.lake.search_one(kDocs, kQuery, 1).empty());
  EXPECT_EQ(reader.store->pulls, 0);
  s.store->put("unknown", {{}, {}, 0});
  s.lake.search_one({"store", "unknown"}, kQuery, 1);
  EXPECT_THROW(s.lake.save_cache_to_dir({"store", "unknown"}, folder.path()), LakeError);
}

TEST(Publishing, TheOriginalsSnapshotIsOpenedWhenLenient) {
  const fs::path golden = fs::path(RUVECTOR_GOLDEN_DIR) / "lake" / "snapshot_sparse_ids";
  const RuLake lake({.consistency = Consistency::frozen});
  const LakeKey key{"b", "c"};
  EXPECT_THROW(lake.warm_from_dir(key, golden), BundleError);
  EXPECT_EQ(lake.warm_from_dir(key, golden, true), 5u);
  EXPECT_EQ(lake.cache_witness_of(key),
            "aaa52194b87ddea9b60b1df3c8cf6c39b489a6b172454c7ece8a66fffe61816f");
  const std::vector<float> query{1.921875F, 1.234375F,  0.1875F, 1.59375F,
                                 0.65625F,  -0.984375F, -0.25F,  -0.5625F};
  EXPECT_EQ(ids_of(lake.search_one(key, query, 5)), (std::vector<Id>{0, 4, 2, 1, 3}))
      << "the original keeps positions instead of ids";
}

TEST_F(PublishingTest, ManySaversAndReadersOfOneDirectoryGetAlong) {
  search(lake_);
  lake_.save_cache_to_dir(kHot, folder_.path());
  std::atomic<bool> stop{false};
  std::vector<std::thread> savers;
  for (int i = 0; i < 2; ++i) {
    savers.emplace_back([&] {
      while (!stop) lake_.save_cache_to_dir(kHot, folder_.path());
    });
  }
  std::thread writer([&] {
    for (Id id = 0; !stop; ++id) {
      put(random_rows(1, 16, 50, id));
      search(lake_);
    }
  });
  for (int i = 0; i < 30; ++i) {
    const RuLake reader;
    EXPECT_GE(reader.warm_from_dir(kHot, folder_.path(), false, true), 400u);
  }
  stop = true;
  writer.join();
  for (std::thread& saver : savers) saver.join();
}

}  // namespace
}  // namespace ruvector::lake
