#include "ruvector/lake/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/digest.h"
#include "base/test_folder.h"

namespace ruvector {
namespace {

constexpr std::uint64_t kLargest = ~std::uint64_t{0};

RuLakeBundle some_bundle() {
  RuLakeBundle bundle = RuLakeBundle::make("gs://bucket/x.parquet", 128, 42, 20, 7);
  bundle.pii_policy = "pii://p1";
  return bundle;
}

Ed25519PrivateKey key_of(unsigned char value) {
  Ed25519PrivateKey key;
  key.fill(std::byte{value});
  return key;
}

TEST(Witness, EqualsTheOriginalsGoldenVectors) {
  EXPECT_EQ(witness_of("gs://bucket/x.parquet", 128, 42, 20, 7),
            "7eac1775d1f76a4db88672655fc64977287ec60eda47c6df3a19bacfd0c038cd");
  EXPECT_EQ(witness_of("iceberg://catalog/db/table", 384, 0xdeadbeef, 5,
                       std::string("01JCX7NK6G5R9G1YZ7QH")),
            "6b1a75410b684054ec05c6c717a4e75204419722d5ce64e37ac1a2703c8e940b");
  EXPECT_EQ(witness_of("", 0, 0, 0, 0),
            "418ff3f5b394b08444dbf1e032184713085726a33040417cd16a85744d11e714");
  EXPECT_EQ(witness_of("x", 1, 0, 1, std::string()),
            "e5f4531f975aa40bc3e8703c1b852e631b5b7b2b9562431fc7ed1b6c0f8339a5");
  EXPECT_EQ(witness_of("s3://b/ключ", 384, kLargest, 20, kLargest),
            "0326ed5124e6849ef8d4726118af178290bff70ff426ba5fdbaf96417d3453d0");
}

TEST(Witness, ANumberAndATextThatLooksLikeItDiffer) {
  EXPECT_NE(witness_of("x", 1, 0, 1, 7), witness_of("x", 1, 0, 1, std::string("7")));
  EXPECT_NE(witness_of("x", 1, 0, 1, 7),
            witness_of("x", 1, 0, 1, std::string("\7\0\0\0\0\0\0\0", 8)));
}

TEST(Witness, CoversEachOfTheFiveFields) {
  const RuLakeBundle good = some_bundle();
  EXPECT_TRUE(good.verify_witness());
  EXPECT_NO_THROW(good.require_witness());
  const auto changed = [&](auto change) {
    RuLakeBundle bundle = good;
    change(bundle);
    return !bundle.verify_witness();
  };
  EXPECT_TRUE(changed([](RuLakeBundle& b) { b.data_ref += "x"; }));
  EXPECT_TRUE(changed([](RuLakeBundle& b) { b.dim += 1; }));
  EXPECT_TRUE(changed([](RuLakeBundle& b) { b.rotation_seed += 1; }));
  EXPECT_TRUE(changed([](RuLakeBundle& b) { b.rerank_factor += 1; }));
  EXPECT_TRUE(changed([](RuLakeBundle& b) { b.generation = std::string("7"); }));
  EXPECT_FALSE(changed([](RuLakeBundle& b) { b.lineage_id = "outside of the witness"; }));
}

TEST(Witness, UpperCaseDigitsAreAnotherWitness) {
  RuLakeBundle bundle = some_bundle();
  const std::string right = bundle.rvf_witness;
  for (char& c : bundle.rvf_witness) c = static_cast<char>(std::toupper(c));
  EXPECT_FALSE(bundle.verify_witness());
  try {
    bundle.require_witness();
    FAIL() << "accepted";
  } catch (const WitnessMismatch& error) {
    EXPECT_EQ(error.expected(), right);
    EXPECT_EQ(error.actual(), bundle.rvf_witness);
    EXPECT_THAT(error.what(), testing::HasSubstr(right));
  }
}

TEST(BundleSignature, HoldsForItsKeyAlone) {
  RuLakeBundle bundle = some_bundle();
  EXPECT_FALSE(bundle.verify_signature(public_key_of(key_of(1))));
  bundle.sign(key_of(1));
  EXPECT_TRUE(bundle.verify_signature(public_key_of(key_of(1))));
  EXPECT_FALSE(bundle.verify_signature(public_key_of(key_of(2))));
  EXPECT_EQ(bundle.public_key, base::to_hex(public_key_of(key_of(1))));
  EXPECT_EQ(RuLakeBundle::from_json(bundle.to_json()), bundle);
}

TEST(BundleSignature, IsMadeOverTheTextThatTheFormatNames) {
  RuLakeBundle bundle = some_bundle();
  bundle.sign(key_of(1));
  RuLakeBundle unsigned_bundle = bundle;
  unsigned_bundle.signature.reset();
  const std::string text = "ruvector-bundle-signature-v1|" + unsigned_bundle.to_json();
  EXPECT_EQ(bundle.signature,
            base::to_hex(base::ed25519_sign(key_of(1), std::as_bytes(std::span(text)))));
}

TEST(BundleSignature, CoversEveryFieldAndNotTheFormOfTheText) {
  RuLakeBundle good = some_bundle();
  good.encoder = "0123";
  good.index_file = "index-0123456789abcdef.rbpx";
  good.index_digest = "0123";
  good.sign(key_of(1));
  const auto key = public_key_of(key_of(1));
  const auto holds_after = [&](auto change) {
    RuLakeBundle bundle = good;
    change(bundle);
    return bundle.verify_signature(key);
  };
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.format_version = 1; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.data_ref += "x"; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.dim += 1; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.rotation_seed += 1; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.rerank_factor += 1; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.generation = std::string("7"); }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.rvf_witness[0] ^= 1; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.pii_policy.reset(); }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.lineage_id = ""; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.memory_class = "m"; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.encoder.reset(); }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.index_file = "index-1123456789abcdef.rbpx"; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.index_digest = "0124"; }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.public_key.reset(); }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.signature->pop_back(); }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.signature = std::string(128, '0'); }));
  EXPECT_FALSE(holds_after([](RuLakeBundle& b) { b.data_ref = "\xff"; }));

  std::string text = good.to_json();
  for (auto at = text.find("\n  "); at != std::string::npos; at = text.find("\n  ")) {
    text.erase(at, 3);
  }
  EXPECT_TRUE(RuLakeBundle::from_json(text).verify_signature(key));
}

// A witness has no key: whoever changes a bundle can compute it anew. A signature cannot be.
TEST(BundleSignature, WhoeverComputesTheWitnessAnewStillCannotSign) {
  RuLakeBundle bundle = some_bundle();
  bundle.sign(key_of(1));
  bundle.data_ref = "gs://evil/x.parquet";
  bundle.rvf_witness = witness_of(bundle.data_ref, bundle.dim, bundle.rotation_seed,
                                  bundle.rerank_factor, bundle.generation);
  EXPECT_TRUE(bundle.verify_witness());
  EXPECT_FALSE(bundle.verify_signature(public_key_of(key_of(1))));
  bundle.sign(key_of(2));
  EXPECT_FALSE(bundle.verify_signature(public_key_of(key_of(1))));
}

class BundleFileTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return directory_ / RuLakeBundle::kFileName; }
  std::string text() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  const base::TestFolder folder_;
  const std::filesystem::path directory_ = folder_.path();
};

TEST_F(BundleFileTest, IsWrittenAsItsTextAndReadBack) {
  EXPECT_FALSE(RuLakeBundle::exists_in(directory_));
  const RuLakeBundle bundle = some_bundle();
  EXPECT_EQ(bundle.write_to_dir(directory_), file());
  EXPECT_TRUE(RuLakeBundle::exists_in(directory_));
  EXPECT_EQ(text(), bundle.to_json());
  EXPECT_EQ(RuLakeBundle::read_from_dir(directory_), bundle);
  EXPECT_THAT(names(), testing::ElementsAre(RuLakeBundle::kFileName));
}

TEST_F(BundleFileTest, ItsDirectoryIsMade) {
  const auto deep = directory_ / "a" / "b";
  some_bundle().write_to_dir(deep);
  EXPECT_EQ(RuLakeBundle::read_from_dir(deep), some_bundle());
}

TEST_F(BundleFileTest, AWrongWitnessIsRefusedAtTheFileAndNotBefore) {
  RuLakeBundle bundle = some_bundle();
  bundle.dim = 129;
  EXPECT_EQ(RuLakeBundle::from_json(bundle.to_json()), bundle);
  bundle.write_to_dir(directory_);
  EXPECT_THROW(RuLakeBundle::read_from_dir(directory_), WitnessMismatch);
  EXPECT_THROW(RuLakeBundle::read_from_dir(directory_, {.lenient = true}), WitnessMismatch);
}

TEST_F(BundleFileTest, WithTrustedKeysASignatureOfOneOfThemIsNeeded) {
  const auto complaint = [&](const ReadParams& params) -> std::string {
    try {
      RuLakeBundle::read_from_dir(directory_, params);
      return "accepted";
    } catch (const BundleError& error) {
      return error.what();
    }
  };
  const ReadParams params{.lenient = true,
                          .trusted_keys = {public_key_of(key_of(2)), public_key_of(key_of(1))}};
  RuLakeBundle bundle = some_bundle();
  bundle.write_to_dir(directory_);
  EXPECT_THAT(complaint(params), testing::HasSubstr("is not signed"));
  EXPECT_EQ(complaint({}), "accepted");
  bundle.sign(key_of(1));
  bundle.write_to_dir(directory_);
  EXPECT_EQ(complaint(params), "accepted");
  bundle.pii_policy = "none";
  bundle.write_to_dir(directory_);
  EXPECT_THAT(complaint(params), testing::HasSubstr("signature"));
  bundle.sign(key_of(3));
  bundle.write_to_dir(directory_);
  EXPECT_THAT(complaint(params), testing::HasSubstr("signature"));
}

TEST_F(BundleFileTest, ErrorsNameTheFile) {
  EXPECT_THROW(RuLakeBundle::read_from_dir(directory_), PersistError);
  write("{");
  try {
    RuLakeBundle::read_from_dir(directory_);
    FAIL() << "accepted";
  } catch (const BundleError& error) {
    EXPECT_THAT(error.what(), testing::StartsWith(file().string()));
  }
  std::ofstream(directory_ / "file") << "x";
  EXPECT_THROW(some_bundle().write_to_dir(directory_ / "file"), PersistError);
}

TEST_F(BundleFileTest, AFileOfAnyLengthIsRefusedWithoutReadingItAll) {
  write("");
  std::filesystem::resize_file(file(), std::uintmax_t{1} << 40);  // sparse
  EXPECT_THROW(RuLakeBundle::read_from_dir(directory_), BundleError);
}

TEST_F(BundleFileTest, WhatIsNoFileIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_THROW(RuLakeBundle::read_from_dir(directory_), PersistError);
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_THROW(RuLakeBundle::read_from_dir(directory_), PersistError);
}

TEST_F(BundleFileTest, ABundleThatIsTooLargeLeavesTheOldOne) {
  some_bundle().write_to_dir(directory_);
  RuLakeBundle bundle = some_bundle();
  bundle.pii_policy = std::string(4097, 'x');
  EXPECT_THROW(bundle.write_to_dir(directory_), BundleError);
  EXPECT_EQ(RuLakeBundle::read_from_dir(directory_), some_bundle());
}

// With one temporary name for each process, two threads would write into one file.
TEST_F(BundleFileTest, ManyThreadsThatPublishAtOnceNeverShowHalfABundle) {
  constexpr int kWriters = 4;
  std::atomic<int> writing = kWriters;
  some_bundle().write_to_dir(directory_);
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      const auto generation = static_cast<std::uint64_t>(writer);
      RuLakeBundle bundle = RuLakeBundle::make("x", 1, 0, 1, generation);
      bundle.pii_policy = std::string(1000 * (generation + 1), 'x');
      for (int i = 0; i < 50; ++i) bundle.write_to_dir(directory_);
      --writing;
    });
  }
  int reads = 0;
  while (writing > 0 || reads == 0) {
    EXPECT_NO_THROW(RuLakeBundle::read_from_dir(directory_));
    ++reads;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(names(), testing::ElementsAre(RuLakeBundle::kFileName));
}

}  // namespace
}  // namespace ruvector
