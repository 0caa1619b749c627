#include "lake/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/digest.h"
#include "base/file_digest.h"
#include "base/test_folder.h"
#include "index/test_vectors.h"
#include "lake/directory_lock.h"

namespace ruvector::lake {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDim = 24;
constexpr std::uint64_t kSeed = 42;

std::vector<Id> wide_ids(std::size_t rows) {
  std::vector<Id> ids(rows);
  for (std::size_t i = 0; i < rows; ++i) ids[i] = (Id{1} << 40) + 7 * i;
  return ids;
}

RabitqPlusIndex make_index(std::size_t rows, std::uint64_t data_seed, std::size_t dim = kDim,
                           std::uint64_t seed = kSeed, Metric metric = Metric::l2) {
  const auto vectors = index::gaussian_vectors(rows, dim, data_seed);
  const std::vector<Id> ids = wide_ids(rows);
  BuildParams params;
  params.ids = ids;
  params.seed = seed;
  params.metric = metric;
  return RabitqPlusIndex::build(vectors.view(), params);
}

RuLakeBundle make_bundle(std::uint64_t generation, std::uint64_t dim = kDim,
                         std::uint64_t seed = kSeed) {
  return RuLakeBundle::make("local://hot/docs", dim, seed, 20, generation);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const fs::path& path, const std::string& content) {
  fs::remove(path);  // what is mapped stays as it is
  std::ofstream(path, std::ios::binary) << content;
}

class SnapshotTest : public testing::Test {
 protected:
  fs::path save(const RabitqPlusIndex& index, const RuLakeBundle& bundle) const {
    return save_snapshot(index, bundle, directory_, {});
  }
  Snapshot open(bool verify = true, bool lenient = false) const {
    return open_snapshot(directory_, {.lenient = lenient}, verify);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
  // Writes the saved bundle anew, changed, its witness made right again.
  void change_bundle(const std::function<void(RuLakeBundle&)>& change) const {
    RuLakeBundle bundle = RuLakeBundle::read_from_dir(directory_);
    change(bundle);
    bundle.rvf_witness = witness_of(bundle.data_ref, bundle.dim, bundle.rotation_seed,
                                    bundle.rerank_factor, bundle.generation);
    bundle.write_to_dir(directory_);
  }

  const base::TestFolder folder_;
  const fs::path directory_ = folder_.path() / "snap";
};

TEST_F(SnapshotTest, GivesBackIdsAndAnswersAndTheBundle) {
  const RabitqPlusIndex index = make_index(500, 1);
  RuLakeBundle bundle = make_bundle(7);
  bundle.pii_policy = "pii://p1";
  const fs::path path = save(index, bundle);
  for (const bool verify : {false, true}) {
    const Snapshot snapshot = open(verify);
    EXPECT_TRUE(snapshot.index.equals(index));
    EXPECT_TRUE(snapshot.index.contains((Id{1} << 40) + 7));
    const auto query = index::gaussian_vectors(1, kDim, 9);
    EXPECT_EQ(snapshot.index.search(query.row(0), 10), index.search(query.row(0), 10));
    EXPECT_EQ(snapshot.file_bytes, fs::file_size(path));
    RuLakeBundle expected = bundle;
    expected.index_file = snapshot.bundle.index_file;
    expected.index_digest = snapshot.bundle.index_digest;
    EXPECT_EQ(snapshot.bundle, expected);
  }
}

TEST_F(SnapshotTest, NameAndDigestAreThoseThatTheFormatDescribes) {
  const fs::path path = save(make_index(500, 1), make_bundle(7));
  const std::string content = read_file(path);
  const auto bytes = std::as_bytes(std::span(content));
  const std::string whole = base::to_hex(base::file_digest(bytes));
  std::string head = "ruvector-index-head-v1|";
  for (int shift = 0; shift < 64; shift += 8) {
    head += static_cast<char>(content.size() >> shift & 0xff);
  }
  head += content.substr(0, 4096);
  const RuLakeBundle bundle = RuLakeBundle::read_from_dir(directory_);
  EXPECT_EQ(bundle.index_digest,
            whole + "-" + base::to_hex(base::sha256(std::as_bytes(std::span(head)))));
  EXPECT_EQ(bundle.index_file, "index-" + whole.substr(0, 16) + ".rbpx");
  EXPECT_EQ(path, directory_ / *bundle.index_file);
  EXPECT_THAT(names(), testing::ElementsAre(DirectoryLock::kFileName, *bundle.index_file,
                                            RuLakeBundle::kFileName));
}

TEST_F(SnapshotTest, AnEmptyCollectionIsSavedAndOpened) {
  for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
    save(make_index(0, 1, kDim, kSeed, metric), make_bundle(0));
    for (const bool verify : {false, true}) {
      const Snapshot snapshot = open(verify);
      EXPECT_EQ(snapshot.index.size(), 0u);
      EXPECT_EQ(snapshot.index.dim(), kDim);
      EXPECT_EQ(snapshot.index.metric(), metric);
    }
  }
}

TEST_F(SnapshotTest, TheMetricIsKept) {
  save(make_index(100, 1, kDim, kSeed, Metric::cosine), make_bundle(0));
  EXPECT_EQ(open().index.metric(), Metric::cosine);
}

TEST_F(SnapshotTest, ANewSaveReplacesTheOldAndWhatIsOpenStaysAsItWas) {
  const RabitqPlusIndex first = make_index(300, 1);
  const RabitqPlusIndex second = make_index(200, 2);
  const fs::path old_path = save(first, make_bundle(1));
  const Snapshot old = open();
  save(second, make_bundle(2));
  EXPECT_FALSE(fs::exists(old_path));
  EXPECT_TRUE(open().index.equals(second));
  EXPECT_EQ(open().bundle.generation, Generation(2));
  EXPECT_TRUE(old.index.equals(first));
  EXPECT_EQ(names().size(), 3u);
}

TEST_F(SnapshotTest, TheSameContentUnderANewerGenerationHasTheSameName) {
  const RabitqPlusIndex index = make_index(300, 1);
  const fs::path path = save(index, make_bundle(1));
  EXPECT_EQ(save(index, make_bundle(2)), path);
  EXPECT_EQ(open().bundle.generation, Generation(2));
}

TEST_F(SnapshotTest, SavingAgainReplacesADamagedFileOfTheSameName) {
  const RabitqPlusIndex index = make_index(300, 1);
  const fs::path path = save(index, make_bundle(1));
  write_file(path, "damaged");
  EXPECT_THROW(open(), WitnessMismatch);
  EXPECT_EQ(save(index, make_bundle(1)), path);
  EXPECT_TRUE(open().index.equals(index));
}

// --- what is not to be believed

TEST_F(SnapshotTest, AForeignIndexUnderTheNameOfTheRightOneIsRefused) {
  const fs::path path = save(make_index(300, 1), make_bundle(1));
  make_index(300, 2).save(path);  // the same rows, dim and seed
  for (const bool lenient : {false, true}) {
    EXPECT_THROW(open(false, lenient), WitnessMismatch);
    EXPECT_THROW(open(true, lenient), WitnessMismatch);
  }
}

TEST_F(SnapshotTest, EveryByteOfTheFileIsBoundToTheBundle) {
  const fs::path path = save(make_index(300, 1), make_bundle(1));
  const std::string good = read_file(path);
  for (std::size_t at = 0; at < good.size(); at += at < 256 ? 1 : 97) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write_file(path, bad);
    EXPECT_THROW(open(true), WitnessMismatch) << at;
    if (at < 4096) {
      EXPECT_THROW(open(false), WitnessMismatch) << at;
    }
  }
}

TEST_F(SnapshotTest, ALengthThatDiffersIsSeenWithoutReadingTheFile) {
  const fs::path path = save(make_index(300, 1), make_bundle(1));
  const std::string good = read_file(path);
  for (const std::string& bad : {good + '\0', good.substr(0, good.size() - 1), good.substr(0, 4096),
                                 good.substr(0, 100), std::string()}) {
    write_file(path, bad);
    EXPECT_THROW(open(false), WitnessMismatch) << bad.size();
  }
}

// A bundle whose every witness and digest is right, of an index that is not for this bundle.
TEST_F(SnapshotTest, AnIndexOfAnotherDimOrSeedIsRefusedUnderARightDigest) {
  const auto complaint = [&](bool lenient) -> std::string {
    try {
      open(true, lenient);
      return "accepted";
    } catch (const WitnessMismatch& error) {
      return error.what();
    }
  };
  save(make_index(100, 1, kDim, 43), make_bundle(1, kDim, 43));
  change_bundle([](RuLakeBundle& bundle) { bundle.rotation_seed = 44; });
  EXPECT_EQ(complaint(false),
            "snapshot: seed of the index is not the bundle's: expected 44, found 43");
  EXPECT_EQ(complaint(true), "accepted");
  change_bundle([](RuLakeBundle& bundle) { bundle.dim = kDim + 1; });
  for (const bool lenient : {false, true}) {
    EXPECT_EQ(complaint(lenient),
              "snapshot: dim of the index is not the bundle's: expected 25, found 24");
  }
}

TEST_F(SnapshotTest, WhatWouldBeRefusedIsNotSaved) {
  const RabitqPlusIndex index = make_index(100, 1);
  RuLakeBundle wrong_witness = make_bundle(1);
  wrong_witness.generation = 2;
  EXPECT_THROW(save(index, wrong_witness), WitnessMismatch);
  EXPECT_THROW(save(index, make_bundle(1, kDim + 1)), WitnessMismatch);
  EXPECT_THROW(save(index, make_bundle(1, kDim, kSeed + 1)), WitnessMismatch);
  EXPECT_FALSE(fs::exists(directory_));
}

TEST_F(SnapshotTest, ABundleMayNameAFileOfOurPatternOnly) {
  const fs::path path = save(make_index(100, 1), make_bundle(1));
  const std::string good = path.filename().string();
  fs::copy_file(path, folder_.path() / good);
  fs::copy_file(path, directory_ / "index.rbpx");
  fs::create_directory(directory_ / "sub");
  fs::copy_file(path, directory_ / "sub" / good);
  for (const std::string& name :
       {std::string(), "../" + good, "sub/" + good, "./" + good, path.string(), good + "/",
        good + std::string(1, '\0'), std::string("index.rbpx"), std::string("index-.rbpx"),
        std::string("index-0123456789ABCDEF.rbpx"), std::string("index-0123456789abcdef0.rbpx"),
        std::string(".."), std::string("/dev/zero"), std::string(RuLakeBundle::kFileName)}) {
    change_bundle([&](RuLakeBundle& bundle) { bundle.index_file = name; });
    for (const bool lenient : {false, true}) {
      EXPECT_THROW(open(false, lenient), BundleError) << name;
    }
  }
  // Of the pattern, but not the name of this digest.
  fs::copy_file(path, directory_ / "index-0123456789abcdef.rbpx");
  change_bundle([](RuLakeBundle& b) { b.index_file = "index-0123456789abcdef.rbpx"; });
  EXPECT_THROW(open(), BundleError);
}

TEST_F(SnapshotTest, AnIndexFileThatIsALinkOrNoFileIsRefused) {
  const fs::path path = save(make_index(100, 1), make_bundle(1));
  const fs::path outside = folder_.path() / "outside.rbpx";
  fs::rename(path, outside);
  EXPECT_THROW(open(), PersistError);  // gone
  fs::create_symlink(outside, path);
  EXPECT_THROW(open(), PersistError);
  EXPECT_THROW(open(false, true), PersistError);
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(open(), PersistError);
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_THROW(open(), PersistError);
}

TEST_F(SnapshotTest, ADigestThatIsNoneIsRefused) {
  save(make_index(100, 1), make_bundle(1));
  const std::string good = *RuLakeBundle::read_from_dir(directory_).index_digest;
  std::string upper = good;
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const std::string& wrong : {std::string(), good.substr(0, 64), good + "0",
                                   good.substr(0, 128), upper, std::string(129, '-')}) {
    change_bundle([&](RuLakeBundle& bundle) { bundle.index_digest = wrong; });
    EXPECT_THROW(open(false, true), BundleError) << wrong;
  }
}

TEST_F(SnapshotTest, AnIndexThatNoDigestBindsNeedsLenient) {
  const RabitqPlusIndex index = make_index(100, 1);
  save(index, make_bundle(1));
  change_bundle([](RuLakeBundle& bundle) { bundle.index_digest.reset(); });
  EXPECT_THROW(open(), BundleError);
  EXPECT_TRUE(open(true, true).index.equals(index));
  // A digest without the file that it is of says that something was taken away.
  change_bundle([](RuLakeBundle& bundle) {
    bundle.index_digest = std::string(64, '0') + "-" + std::string(64, '0');
    bundle.index_file.reset();
  });
  EXPECT_THROW(open(false, true), BundleError);
}

TEST_F(SnapshotTest, ABundleWithoutAnIndexIsNoSnapshot) {
  EXPECT_THROW(open(), PersistError);
  make_bundle(1).write_to_dir(directory_);
  EXPECT_THROW(open(), BundleError);
  EXPECT_THROW(open(true, true), PersistError);
}

TEST_F(SnapshotTest, WithATrustedKeyOnlyWhatItsHolderSavedIsOpened) {
  Ed25519PrivateKey key;
  key.fill(std::byte{1});
  Ed25519PrivateKey other;
  other.fill(std::byte{2});
  const ReadParams params{.trusted_keys = {public_key_of(key)}};
  save_snapshot(make_index(100, 1), make_bundle(1), directory_, key);
  EXPECT_EQ(open_snapshot(directory_, params, true).index.size(), 100u);
  EXPECT_EQ(open().index.size(), 100u);
  // The signature covers which index it is.
  const RuLakeBundle signed_bundle = RuLakeBundle::read_from_dir(directory_);
  save_snapshot(make_index(100, 2), make_bundle(1), directory_, {});
  EXPECT_THROW(open_snapshot(directory_, params, true), BundleError);
  change_bundle([&](RuLakeBundle& bundle) {
    bundle.public_key = signed_bundle.public_key;
    bundle.signature = signed_bundle.signature;
  });
  EXPECT_THROW(open_snapshot(directory_, params, true), BundleError);
  save_snapshot(make_index(100, 2), signed_bundle, directory_, other);
  EXPECT_THROW(open_snapshot(directory_, params, true), BundleError);
}

// --- snapshots of the original

class OriginalSnapshotTest : public SnapshotTest {
 protected:
  void SetUp() override {
    SnapshotTest::SetUp();
    const fs::path golden = fs::path(RUVECTOR_GOLDEN_DIR) / "lake" / "snapshot_sparse_ids";
    fs::create_directory(directory_);
    for (const char* name : {"index.rbpx", RuLakeBundle::kFileName}) {
      write_file(directory_ / name, read_file(golden / name));
    }
    result_ = nlohmann::json::parse(read_file(golden / "result.json"));
  }
  std::vector<Id> answer(const RabitqPlusIndex& index) const {
    const auto query = result_.at("query").get<std::vector<float>>();
    std::vector<Id> ids;
    for (const Hit& hit : index.search(query, 5)) ids.push_back(hit.id);
    return ids;
  }
  nlohmann::json result_;
};

TEST_F(OriginalSnapshotTest, NeedsLenientAndThenAnswersAsThereByRowNumber) {
  EXPECT_THROW(open(), BundleError);
  const Snapshot snapshot = open(true, true);
  EXPECT_EQ(snapshot.bundle.rvf_witness, result_.at("witness_after").get<std::string>());
  EXPECT_EQ(snapshot.index.size(), result_.at("n").get<std::size_t>());
  EXPECT_EQ(answer(snapshot.index), result_.at("k5_ids_after_warm").get<std::vector<Id>>());
}

TEST_F(OriginalSnapshotTest, TrailingBytesAreIgnoredAsThere) {
  const std::string content = read_file(directory_ / "index.rbpx");
  write_file(directory_ / "index.rbpx", content + "trailing");
  EXPECT_EQ(answer(open(false, true).index),
            result_.at("k5_ids_after_warm").get<std::vector<Id>>());
  write_file(directory_ / "index.rbpx", content.substr(0, content.size() - 1));
  EXPECT_THROW(open(false, true), PersistError);
}

// The same ids and answers as before the save, which the original loses.
TEST_F(OriginalSnapshotTest, SavedAnewItKeepsTheIdsThatTheBackendGave) {
  const Snapshot original = open(true, true);
  const auto ids = result_.at("ids_given_to_backend").get<std::vector<Id>>();
  const auto rows = original.index.rows();
  BuildParams params;
  params.ids = ids;
  params.seed = original.index.seed();
  const auto index = RabitqPlusIndex::build({rows.data, rows.rows, rows.cols}, params);
  save(index, original.bundle);
  EXPECT_EQ(answer(open().index), result_.at("k5_ids_before_save").get<std::vector<Id>>());
  EXPECT_TRUE(fs::exists(directory_ / "index.rbpx"));  // not ours to remove
}

// --- files of older and dead savers

TEST_F(SnapshotTest, OnlyFilesOfOurPatternsAreRemoved) {
  fs::create_directory(directory_);
  const std::vector<std::string> others = {"index.rbpx",
                                           "index-0123456789abcde.rbpx",
                                           "index-0123456789ABCDEF.rbpx",
                                           "index-0123456789abcdef.rbpx.bak",
                                           "my-index-0123456789abcdef.rbpx",
                                           ".other.1-1-1.ruvector-tmp",
                                           "notes.txt"};
  for (const std::string& name : others) write_file(directory_ / name, "x");
  fs::create_directory(directory_ / "index-00000000000000d1.rbpx");
  fs::create_symlink("notes.txt", directory_ / "index-00000000000000d2.rbpx");
  const std::string alive = "." + std::string(RuLakeBundle::kFileName) + "." +
                            std::to_string(::getpid()) + "-0-1.ruvector-tmp";
  write_file(directory_ / alive, "a publisher is writing");
  // No process has the largest number that a pid_t holds.
  const std::string stale = ".2147483647-0-1.ruvector-tmp";
  const std::vector<std::string> ours = {"index-0123456789abcdef.rbpx", ".index-new.rbpx" + stale,
                                         "..index-new.rbpx" + stale + stale,
                                         "." + std::string(RuLakeBundle::kFileName) + stale};
  for (const std::string& name : ours) write_file(directory_ / name, "x");
  save(make_index(10, 1), make_bundle(1));
  for (const std::string& name : others) EXPECT_TRUE(fs::exists(directory_ / name)) << name;
  EXPECT_TRUE(fs::exists(directory_ / alive));
  EXPECT_TRUE(fs::exists(directory_ / "index-00000000000000d1.rbpx"));
  EXPECT_TRUE(fs::is_symlink(directory_ / "index-00000000000000d2.rbpx"));
  for (const std::string& name : ours) EXPECT_FALSE(fs::exists(directory_ / name)) << name;
}

TEST_F(SnapshotTest, ASaveThatFailsLeavesTheOldSnapshotAndNothingElse) {
  const RabitqPlusIndex index = make_index(100, 1);
  save(index, make_bundle(1));
  RuLakeBundle too_long = make_bundle(2);
  too_long.pii_policy = std::string(5000, 'x');
  EXPECT_THROW(save(make_index(100, 2), too_long), BundleError);
  EXPECT_TRUE(open().index.equals(index));
  EXPECT_EQ(names().size(), 3u);
  write_file(folder_.path() / "file", "x");
  EXPECT_THROW(save_snapshot(index, make_bundle(1), folder_.path() / "file", {}), PersistError);
}

TEST_F(SnapshotTest, SavingAndOpeningAtOnceAlwaysGivesOneOfTheSnapshots) {
  constexpr int kSavers = 3;
  std::vector<RabitqPlusIndex> indexes;
  for (std::uint64_t i = 0; i < kSavers; ++i) indexes.push_back(make_index(50, i));
  save(indexes[0], make_bundle(0));
  std::atomic<int> saving = kSavers;
  std::vector<std::thread> threads;
  for (std::size_t saver = 0; saver < kSavers; ++saver) {
    threads.emplace_back([&, saver] {
      for (int i = 0; i < 20; ++i) save(indexes[saver], make_bundle(saver));
      --saving;
    });
  }
  int opened = 0;
  while (saving > 0 || opened == 0) {
    const Snapshot snapshot = open(opened % 2 == 0);
    ++opened;
    EXPECT_TRUE(snapshot.index.equals(indexes[snapshot.bundle.generation.number()]));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(names().size(), 3u);
}

// Who opens reads the bundle, then the index: a save between the two removes that index.
TEST_F(SnapshotTest, AnIndexThatANewerSaveRemovesWhileItIsOpenedIsNoError) {
  const std::vector<RabitqPlusIndex> indexes = {make_index(1, 1), make_index(1, 2)};
  save(indexes[0], make_bundle(0));
  std::atomic<bool> done = false;
  std::thread saver([&] {
    for (std::size_t i = 1; !done; i = 1 - i) save(indexes[i], make_bundle(i));
  });
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) EXPECT_NO_THROW(open(false));
    });
  }
  for (std::thread& reader : readers) reader.join();
  done = true;
  saver.join();
}

}  // namespace
}  // namespace ruvector::lake
