// What a lake does about encoders: those of two encoders give vectors that cannot be compared.
#include "lake/encoder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "lake/test_lake.h"
#include "ruvector/lake/local_backend.h"

namespace ruvector::lake {
namespace {

const LakeKey kHot{"hot", "docs"};
const std::string kOurs(64, 'a');
const std::string kOther(64, 'b');
const std::vector<float> kQuery = random_rows(1, 16, 99).vectors;

// A backend that tells a bundle with an encoder.
class TellingBackend final : public BackendAdapter {
 public:
  explicit TellingBackend(std::string encoder) : encoder_(std::move(encoder)) {}
  std::string id() const override { return "hot"; }
  std::vector<std::string> list_collections() override { return {"docs"}; }
  PulledBatch pull_vectors(const std::string&) override {
    const Rows rows = random_rows(20, 16, 1);
    return PulledBatch::copy_of(rows.ids, rows.view(), 1);
  }
  Generation generation(const std::string&) override { return 1; }
  std::optional<RuLakeBundle> current_bundle(const std::string& collection, std::uint64_t seed,
                                             std::uint64_t rerank_factor) override {
    RuLakeBundle bundle = RuLakeBundle::make(data_ref(collection), 16, seed, rerank_factor, 1);
    bundle.encoder = encoder_;
    return bundle;
  }

 private:
  std::string encoder_;
};

class EncoderTest : public testing::Test {
 protected:
  EncoderTest() {
    const Rows rows = random_rows(200, 16, 1);
    hot_->upsert("docs", rows.ids, rows.view());
  }
  RuLake lake_of(std::optional<std::string> encoder) const {
    RuLake lake({.consistency = Consistency::frozen, .encoder = std::move(encoder)});
    lake.register_backend(hot_);
    return lake;
  }
  // What a lake of that encoder leaves in the folder.
  void save(std::optional<std::string> encoder) const {
    const RuLake lake = lake_of(std::move(encoder));
    lake.search_one(kHot, kQuery, 1);
    lake.save_cache_to_dir(kHot, folder_.path());
  }
  std::optional<std::string> saved_encoder() const {
    return RuLakeBundle::read_from_dir(folder_.path()).encoder;
  }
  static std::vector<LakeHit> search(const RuLake& lake, std::optional<std::string> encoder) {
    return lake.search_one(kHot, kQuery, 5, {.encoder = std::move(encoder)});
  }

  const base::TestFolder folder_;
  const std::shared_ptr<LocalBackend> hot_ = std::make_shared<LocalBackend>("hot");
};

TEST_F(EncoderTest, BundlesAndSnapshotsNameTheEncoderOfTheLake) {
  save(kOurs);
  EXPECT_EQ(saved_encoder(), kOurs);
  lake_of(kOurs).publish_bundle(kHot, folder_.path() / "published");
  EXPECT_EQ(RuLakeBundle::read_from_dir(folder_.path() / "published").encoder, kOurs);
}

TEST_F(EncoderTest, ALakeWithoutAnEncoderNamesNone) {
  save(std::nullopt);
  EXPECT_EQ(saved_encoder(), std::nullopt);
}

TEST_F(EncoderTest, ASnapshotOfAnotherEncoderIsRefusedAndNothingIsCached) {
  save(kOther);
  const RuLake lake = lake_of(kOurs);
  try {
    lake.warm_from_dir(kHot, folder_.path());
    FAIL() << "nothing was thrown";
  } catch (const EncoderMismatch& error) {
    EXPECT_EQ(error.expected(), kOurs);
    EXPECT_EQ(error.actual(), kOther);
    EXPECT_EQ(std::string(error.what()),
              "the bundle is of encoder " + kOther + ", expected " + kOurs);
  }
  EXPECT_FALSE(lake.contains(kHot));
}

TEST_F(EncoderTest, ABundleOfAnotherEncoderIsNotFollowed) {
  const RuLake lake = lake_of(kOurs);
  search(lake, kOurs);
  lake_of(kOther).publish_bundle(kHot, folder_.path());
  EXPECT_THROW(lake.refresh_from_bundle_dir(kHot, folder_.path()), EncoderMismatch);
  EXPECT_TRUE(lake.contains(kHot));
}

TEST_F(EncoderTest, ASnapshotThatNamesNoneCountsAsOfTheLakesEncoder) {
  save(std::nullopt);
  const RuLake lake = lake_of(kOurs);
  EXPECT_EQ(lake.warm_from_dir(kHot, folder_.path()), 200u);
  EXPECT_EQ(search(lake, kOurs).size(), 5u);
  EXPECT_THROW(search(lake, kOther), EncoderMismatch);
  lake.save_cache_to_dir(kHot, folder_.path());
  EXPECT_EQ(saved_encoder(), kOurs);
}

TEST_F(EncoderTest, ALakeThatNamesNoneTakesTheEncoderOfTheSnapshot) {
  save(kOther);
  const RuLake lake = lake_of(std::nullopt);
  lake.warm_from_dir(kHot, folder_.path());
  EXPECT_EQ(search(lake, kOther).size(), 5u);
  EXPECT_THROW(search(lake, kOurs), EncoderMismatch);
  lake.save_cache_to_dir(kHot, folder_.path());
  EXPECT_EQ(saved_encoder(), kOther);
}

TEST_F(EncoderTest, AQueryOfAnotherEncoderIsRefusedByEverySearch) {
  const RuLake lake = lake_of(kOurs);
  EXPECT_EQ(search(lake, kOurs), search(lake, std::nullopt));
  const FederatedParams other{{.encoder = kOther}};
  const std::vector<LakeKey> keys{kHot};
  EXPECT_EQ(message_of<EncoderMismatch>([&] { search(lake, kOther); }),
            "query of collection 'docs' of backend 'hot' is of encoder " + kOther + ", expected " +
                kOurs);
  EXPECT_THROW(lake.search_batch(kHot, {kQuery.data(), 1, 16}, 5, other), EncoderMismatch);
  EXPECT_THROW(lake.search_federated(keys, kQuery, 5, other), EncoderMismatch);
  EXPECT_THROW(lake.session().search_one(kHot, kQuery, 5, other), EncoderMismatch);
  Answer<std::vector<LakeHit>> answer;
  lake.search_one_async(kHot, kQuery, 5, other, answer.done());
  EXPECT_THROW(answer.get(), EncoderMismatch);
}

TEST_F(EncoderTest, AFederatedSearchLeavesOutCollectionsOfOtherEncodersOnRequest) {
  RuLake lake = lake_of(std::nullopt);
  const auto cold = std::make_shared<LocalBackend>("cold");
  const Rows rows = random_rows(50, 16, 2);
  cold->upsert("docs", rows.ids, rows.view());
  lake.register_backend(cold);
  save(kOther);
  lake.warm_from_dir(kHot, folder_.path());  // "cold" names no encoder

  FederatedParams params{{.encoder = kOurs}};
  EXPECT_THROW(lake.search_federated("docs", kQuery, 5, params), EncoderMismatch);
  params.partial = Partial::allow;
  const FederatedHits hits = lake.search_federated("docs", kQuery, 5, params);
  ASSERT_EQ(hits.searched.size(), 1u);
  EXPECT_EQ(hits.searched[0].backend, "cold");
  ASSERT_EQ(hits.skipped.size(), 1u);
  EXPECT_EQ(hits.skipped[0].key, kHot);
}

TEST_F(EncoderTest, TheEncoderOfTheRowsThatStayGoesOnWhenOnlyChangesArePulled) {
  LakeWithStore writer({.encoder = kOther});
  writer.store->put("docs", random_rows(100, 16, 1));
  writer.lake.search_one(kDocs, kQuery, 1);
  writer.lake.save_cache_to_dir(kDocs, folder_.path());

  LakeWithStore reader;
  reader.store->put("docs", random_rows(100, 16, 1));
  reader.lake.warm_from_dir(kDocs, folder_.path());
  reader.store->put("docs", random_rows(101, 16, 1));
  reader.store->changes = [](const std::string&, const Generation&) {
    const Rows added = random_rows(1, 16, 99, 1'000);
    return PulledChanges{{}, PulledBatch::copy_of(added.ids, added.view(), 2)};
  };
  EXPECT_EQ(reader.lake.search_one(kDocs, kQuery, 1)[0].id, 1'000u);
  ASSERT_EQ(reader.lake.cache_stats().incremental, 1u);
  EXPECT_THROW(reader.lake.search_one(kDocs, kQuery, 1, {.encoder = kOurs}), EncoderMismatch);
}

TEST_F(EncoderTest, ABackendThatTellsAnotherEncoderIsNotPublished) {
  RuLake lake({.encoder = kOurs});
  lake.register_backend(std::make_shared<TellingBackend>(kOther));
  EXPECT_THROW(lake.publish_bundle(kHot, folder_.path()), EncoderMismatch);
  EXPECT_FALSE(RuLakeBundle::exists_in(folder_.path()));
}

TEST_F(EncoderTest, ASignatureCoversTheEncoder) {
  Ed25519PrivateKey key{};
  key.fill(std::byte{7});
  RuLake lake({.signing_key = key, .encoder = kOurs});
  lake.register_backend(hot_);
  lake.publish_bundle(kHot, folder_.path());
  RuLakeBundle bundle = RuLakeBundle::read_from_dir(folder_.path());
  EXPECT_TRUE(bundle.verify_signature(public_key_of(key)));
  bundle.encoder = kOther;
  EXPECT_FALSE(bundle.verify_signature(public_key_of(key)));
  bundle.encoder.reset();
  EXPECT_FALSE(bundle.verify_signature(public_key_of(key)));
}

TEST(EncoderName, HasOneTo256Bytes) {
  EXPECT_EQ(message_of<std::invalid_argument>([] { RuLake({.encoder = ""}); }),
            "encoder: has 0 bytes, not 1..256");
  EXPECT_EQ(message_of<std::invalid_argument>([] { RuLake({.encoder = std::string(257, 'x')}); }),
            "encoder: has 257 bytes, not 1..256");
  EXPECT_NO_THROW(RuLake({.encoder = std::string(256, 'x')}));
}

}  // namespace
}  // namespace ruvector::lake
