#include "ruvector/lake/fs_backend.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/atomic_file.h"
#include "base/digest.h"
#include "base/file_digest.h"
#include "base/file_times.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "base/test_sanitizers.h"
#include "ruvector/base/errors.h"

namespace ruvector {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr std::size_t kDim = 6;

std::vector<Id> ids_from(Id first, std::size_t count) {
  std::vector<Id> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Over the file itself, as careless programs do.
void overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class Files : public ::testing::Test {
 protected:
  // `rows` rows that are all `value`.
  fs::path write(const std::string& collection, std::size_t rows, float value,
                 const std::string& filename = {}) {
    const std::vector<float> values(rows * kDim, value);
    return backend_->write(collection, ids_from(0, rows), {values.data(), rows, kDim}, filename);
  }
  float value_of(const std::string& collection) {
    return backend_->pull_vectors(collection).vectors.data[0];
  }
  Generation generation() { return backend_->generation("docs"); }

  const base::TestFolder folder_;
  const fs::path directory_ = folder_.path();
  const fs::path root_ = directory_ / "vectors";
  const std::unique_ptr<FsBackend> backend_ = std::make_unique<FsBackend>("disk", root_);
};

// --- reading and writing

TEST_F(Files, WhatIsWrittenIsPulled) {
  base::Random random(1);
  std::vector<float> values(100 * kDim);
  for (float& value : values) value = random.uniform_float();
  const std::vector<Id> ids = ids_from(7'000'000'000, 100);
  const fs::path path = backend_->write("docs", ids, {values.data(), 100, kDim});
  EXPECT_EQ(path, root_ / "docs.ruvec1");
  const PulledBatch batch = backend_->pull_vectors("docs");
  EXPECT_EQ(std::vector<Id>(batch.ids.data, batch.ids.data + batch.ids.rows), ids);
  EXPECT_EQ(std::vector<float>(batch.vectors.data, batch.vectors.data + 100 * kDim), values);
  EXPECT_EQ(batch.vectors.rows, 100U);
  EXPECT_EQ(batch.vectors.cols, kDim);
  EXPECT_EQ(batch.generation, generation());
  EXPECT_EQ(FsBackend("other", root_).pull_vectors("docs").generation, batch.generation);
}

TEST_F(Files, AFileOfTheOriginalIsACollection) {
  fs::copy(fs::path(RUVECTOR_GOLDEN_DIR) / "lake" / "n5_d8.ruvec1", root_);
  EXPECT_THAT(backend_->list_collections(), ElementsAre("n5_d8"));
  EXPECT_EQ(backend_->pull_vectors("n5_d8").ids.data[3], 7'000'000'000U);
}

TEST_F(Files, AnEmptyCollectionIsACollection) {
  write("docs", 0, 0);
  EXPECT_EQ(backend_->pull_vectors("docs").ids.rows, 0U);
  EXPECT_EQ(backend_->current_bundle("docs", 1, 1)->dim, kDim);
}

TEST_F(Files, CollectionsAreThosePresentAndThoseRegisteredInOrder) {
  write("b", 1, 1);
  write("a", 1, 1);
  backend_->register_collection("later", "not-yet.bin");
  overwrite(root_ / "notes.txt", "no collection");
  overwrite(root_ / ".ruvec1", "no name");
  fs::create_directory(root_ / "folder.ruvec1");
  EXPECT_THAT(backend_->list_collections(), ElementsAre("a", "b", "later"));
  EXPECT_THROW(backend_->generation("later"), UnknownCollection);
  fs::copy(root_ / "a.ruvec1", root_ / "not-yet.bin");
  EXPECT_EQ(value_of("later"), 1);
  EXPECT_THAT(FsBackend("other", root_).list_collections(), ElementsAre("a", "b"));
}

TEST_F(Files, ARegistrationGoesBeforeTheName) {
  write("docs", 1, 1);
  write("docs", 1, 2, "docs-2.bin");
  EXPECT_EQ(value_of("docs"), 2);
  write("docs", 1, 3);
  EXPECT_TRUE(fs::exists(root_ / "docs-2.bin"));
  EXPECT_EQ(value_of("docs"), 3) << "written to where it is registered";
  backend_->register_collection("docs", "docs.ruvec1");
  EXPECT_EQ(value_of("docs"), 1);
}

TEST_F(Files, WhatIsNotThereIsUnknown) {
  for (const char* name : {"docs", "", "../vectors/docs", "a/b", "a:b", "\n"}) {
    EXPECT_THROW(backend_->pull_vectors(name), UnknownCollection) << name;
    EXPECT_THROW(backend_->generation(name), UnknownCollection) << name;
    EXPECT_THROW(backend_->current_bundle(name, 1, 1), UnknownCollection) << name;
  }
  EXPECT_EQ(backend_->data_ref("docs"), "file://" + (root_ / "docs.ruvec1").string());
  EXPECT_THROW(backend_->data_ref("../docs"), UnknownCollection);
}

TEST_F(Files, AWriteThatIsRefusedLeavesTheOldFile) {
  write("docs", 3, 1);
  const std::string before = bytes_of(root_ / "docs.ruvec1");
  std::vector<float> values(2 * kDim, 1);
  const MatrixView rows{values.data(), 2, kDim};
  EXPECT_THROW(backend_->write("docs", std::vector<Id>{1, 1}, rows), DuplicateId);
  EXPECT_THROW(backend_->write("docs", ids_from(0, 3), rows), std::invalid_argument);
  values[3] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(backend_->write("docs", ids_from(0, 2), rows), std::invalid_argument);
  EXPECT_EQ(bytes_of(root_ / "docs.ruvec1"), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), fs::directory_iterator()), 1);
}

TEST_F(Files, AStoreThatCannotBeReadSaysSo) {
  overwrite(root_ / "docs.ruvec1", "garbage that is long enough to be a header");
  EXPECT_THAT([&] { backend_->pull_vectors("docs"); },
              ThrowsMessage<BackendError>(
                  AllOf(HasSubstr("backend 'disk'"), HasSubstr("docs.ruvec1: is no ruvec1 file"))));
  EXPECT_THROW(backend_->current_bundle("docs", 1, 1), BackendError);
  fs::create_directory(root_ / "folder.ruvec1");
  EXPECT_THAT([&] { backend_->pull_vectors("folder"); },
              ThrowsMessage<BackendError>(HasSubstr("no regular file")));
  fs::remove_all(root_);
  EXPECT_THROW(backend_->pull_vectors("docs"), BackendError);
  fs::create_directory(root_);
  write("docs", 1, 1);
  EXPECT_EQ(value_of("docs"), 1) << "a root that comes back is found again";
}

TEST_F(Files, TrailingBytesNeedALenientReader) {
  write("docs", 2, 1);
  std::ofstream(root_ / "docs.ruvec1", std::ios::app) << "tail";
  EXPECT_THROW(backend_->pull_vectors("docs"), BackendError);
  FsParams params;
  params.lenient = true;
  FsBackend lenient("lenient", root_, params);
  EXPECT_EQ(lenient.pull_vectors("docs").ids.rows, 2U);
  EXPECT_EQ(lenient.current_bundle("docs", 1, 1)->dim, kDim);
}

TEST_F(Files, TheRootStaysWhereItIsWhenTheProcessMoves) {
  const fs::path before = fs::current_path();
  fs::current_path(directory_);
  FsBackend relative("relative", "vectors/");
  fs::current_path(before);
  write("docs", 1, 4);
  EXPECT_EQ(relative.pull_vectors("docs").vectors.data[0], 4);
  EXPECT_EQ(relative.data_ref("docs"), backend_->data_ref("docs"));
}

TEST_F(Files, ARootThatIsNoFolderIsRefused) {
  overwrite(directory_ / "file", "x");
  EXPECT_THROW(FsBackend("disk", directory_ / "file"), PersistError);
  EXPECT_THROW(FsBackend("disk", directory_ / "file" / "below"), PersistError);
  EXPECT_THROW(FsBackend("disk", ""), PersistError);
  EXPECT_THROW(FsBackend("", root_), std::invalid_argument);
}

// --- names and links

TEST_F(Files, NamesThatCouldLeadElsewhereAreRefused) {
  const std::string long_name(256, 'a');
  const std::vector<float> values(kDim);
  const std::vector<std::string> names = {
      "",   ".",  "..",   "../x",  "a/b",   "/etc/passwd",          "a\\b", "..\\x",
      "C:", "a:", "a\nb", "a\x1f", "a\x7f", std::string("a\0b", 3), "\t",   long_name};
  for (const std::string& name : names) {
    EXPECT_THROW(backend_->register_collection("docs", name), std::invalid_argument) << name;
    if (name.empty()) continue;  // the default
    EXPECT_THROW(backend_->write("docs", ids_from(0, 1), {values.data(), 1, kDim}, name),
                 std::invalid_argument)
        << name;
  }
  EXPECT_THROW(backend_->write("../docs", ids_from(0, 1), {values.data(), 1, kDim}),
               std::invalid_argument);
  EXPECT_THROW(backend_->register_collection("", "x"), std::invalid_argument);
  EXPECT_THAT(backend_->list_collections(), IsEmpty());
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1)
      << "nothing beside the root";
}

TEST_F(Files, UnusualNamesThatLeadNowhereElseAreFine) {
  for (const std::string& name : {std::string("..."), std::string("NUL"), std::string("ключ 1"),
                                  std::string("-rf"), std::string(255, 'a')}) {
    write("docs", 1, 5, name);
    EXPECT_EQ(value_of("docs"), 5) << name;
  }
}

TEST_F(Files, ALinkOutOfTheRootIsRefusedForReadingAndWriting) {
  FsBackend elsewhere("elsewhere", directory_ / "secret");
  const std::vector<float> values(kDim, 9);
  const fs::path secret = elsewhere.write("docs", ids_from(0, 1), {values.data(), 1, kDim});
  const std::string before = bytes_of(secret);
  for (const fs::path& target : {secret, fs::path("../secret/docs.ruvec1"),
                                 fs::path("/proc/self/root") / secret.relative_path()}) {
    fs::remove(root_ / "docs.ruvec1");
    fs::create_symlink(target, root_ / "docs.ruvec1");
    EXPECT_THAT([&] { backend_->pull_vectors("docs"); },
                ThrowsMessage<BackendError>(HasSubstr("a link that leads out of its folder")))
        << target;
    EXPECT_THROW(generation(), BackendError);
    EXPECT_THROW(write("docs", 1, 1), PersistError);
    EXPECT_THAT(backend_->list_collections(), IsEmpty());
    EXPECT_EQ(bytes_of(secret), before);
  }
  fs::create_directory_symlink(directory_ / "secret", root_ / "folder");
  fs::remove(root_ / "docs.ruvec1");
  fs::create_symlink("folder/docs.ruvec1", root_ / "docs.ruvec1");
  EXPECT_THROW(backend_->pull_vectors("docs"), BackendError) << "through a folder that leads out";
}

TEST_F(Files, ALinkWithinTheRootIsFollowed) {
  write("v2", 1, 2);
  fs::create_symlink("v2.ruvec1", root_ / "latest.ruvec1");
  EXPECT_EQ(value_of("latest"), 2);
  EXPECT_THAT(backend_->list_collections(), ElementsAre("latest", "v2"));
  const Generation before = backend_->generation("latest");
  write("v3", 1, 3);
  fs::create_symlink("v3.ruvec1", root_ / "new");
  fs::rename(root_ / "new", root_ / "latest.ruvec1");
  EXPECT_EQ(value_of("latest"), 3);
  EXPECT_NE(backend_->generation("latest"), before);
  fs::create_symlink("gone", root_ / "dangling.ruvec1");
  EXPECT_THROW(backend_->pull_vectors("dangling"), UnknownCollection);
  fs::create_symlink("loop.ruvec1", root_ / "loop.ruvec1");
  EXPECT_THROW(backend_->pull_vectors("loop"), BackendError);
}

// A thread puts a link that leads out in the file's place and takes it away again.
TEST_F(Files, ALinkThatIsSwappedInAtTheLastMomentIsNotFollowed) {
  FsBackend elsewhere("elsewhere", directory_ / "secret");
  const std::vector<float> values(kDim, 9);
  const fs::path secret = elsewhere.write("docs", ids_from(0, 1), {values.data(), 1, kDim});
  const std::string before = bytes_of(secret);
  write("docs", 1, 1, "good.bin");
  write("docs", 1, 1, "docs.bin");
  std::atomic<bool> done{false};
  std::thread swapper([&] {
    while (!done) {
      fs::create_symlink(secret, root_ / "bad");
      fs::rename(root_ / "bad", root_ / "docs.bin");
      fs::copy_file(root_ / "good.bin", root_ / "again");
      fs::rename(root_ / "again", root_ / "docs.bin");
    }
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  while (std::chrono::steady_clock::now() < end) {
    try {
      EXPECT_EQ(value_of("docs"), 1);
    } catch (const BackendError& error) {
      EXPECT_THAT(error.what(), HasSubstr("docs.bin"));
    }
    try {
      write("docs", 1, 1);
    } catch (const PersistError& error) {
      EXPECT_THAT(error.what(), HasSubstr("docs.bin"));
    }
  }
  done = true;
  swapper.join();
  EXPECT_EQ(bytes_of(secret), before);
}

TEST_F(Files, APipeIsRefusedInsteadOfWaitedFor) {
  ASSERT_EQ(::mkfifo((root_ / "docs.ruvec1").c_str(), 0600), 0);
  EXPECT_THAT([&] { backend_->pull_vectors("docs"); },
              ThrowsMessage<BackendError>(HasSubstr("no regular file")));
  EXPECT_THROW(write("docs", 1, 1), PersistError);
  EXPECT_THAT(backend_->list_collections(), IsEmpty());
}

// --- generations

TEST_F(Files, AGenerationSaysWhatTheFileIs) {
  const fs::path path = write("docs", 10, 1);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  const std::string bytes = bytes_of(path);
  const std::string twice = bytes + bytes;  // both ends of a short file are all of it
  EXPECT_EQ(generation().text(), "file:" + std::to_string(bytes.size()) + "-" +
                                     std::to_string(base::modified_ns(status)) + "-" +
                                     std::to_string(base::changed_ns(status)) + "-" +
                                     std::to_string(status.st_ino) + "-" +
                                     base::to_hex(base::sha256(std::as_bytes(std::span(twice)))));
  EXPECT_EQ(generation(), generation());
}

TEST_F(Files, ARewriteOfTheSameSizeWithinOneTickIsSeen) {
  const fs::path path = write("docs", 30'000, 1);
  std::string bytes = bytes_of(path);
  std::vector<Generation> seen;
  for (int round = 0; round < 20; ++round) {
    bytes[bytes.size() / 2] = static_cast<char>(round);  // away from both ends
    overwrite(path, bytes);
    seen.push_back(generation());
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

TEST_F(Files, ARewriteInPlaceThatRestoresTheOldTimesIsSeen) {
  const fs::path path = write("docs", 30'000, 1);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  const Generation before = generation();
  const std::int64_t modified = base::modified_ns(status);
  const timespec times[2] = {
      {.tv_sec = 0, .tv_nsec = UTIME_OMIT},
      {.tv_sec = modified / 1'000'000'000, .tv_nsec = modified % 1'000'000'000}};
  std::string bytes = bytes_of(path);
  bytes[bytes.size() / 2] = 1;
  overwrite(path, bytes);
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  ASSERT_EQ(base::modified_ns(status), modified);
  EXPECT_NE(generation(), before);
}

TEST_F(Files, AnOlderFileThatIsRestoredIsSeen) {
  write("docs", 10, 1);
  fs::copy(root_ / "docs.ruvec1", directory_ / "backup");
  fs::last_write_time(directory_ / "backup", fs::last_write_time(root_ / "docs.ruvec1"));
  const Generation first = generation();
  write("docs", 10, 2);
  const Generation second = generation();
  fs::rename(directory_ / "backup", root_ / "docs.ruvec1");
  EXPECT_NE(generation(), second);
  EXPECT_NE(generation(), first);
  EXPECT_EQ(value_of("docs"), 1);
}

TEST_F(Files, AFullHashIsTheSameForTheSameBytesEverywhere) {
  FsParams params;
  params.full_hash = true;
  params.data_ref_prefix = "vectors://";
  FsBackend here("here", root_, params);
  FsBackend there("there", directory_ / "other host", params);
  const fs::path path = write("docs", 100'000, 1);
  fs::copy(path, directory_ / "other host");
  EXPECT_EQ(here.generation("docs"), there.generation("docs"));
  EXPECT_EQ(here.pull_vectors("docs").generation, here.generation("docs"));
  EXPECT_EQ(here.current_bundle("docs", 42, 20), there.current_bundle("docs", 42, 20));
  const std::string bytes = bytes_of(path);
  EXPECT_EQ(here.generation("docs").text(),
            "content:" + base::to_hex(base::file_digest(std::as_bytes(std::span(bytes)), 1)));
  const Generation before = here.generation("docs");
  std::string changed = bytes;
  changed[changed.size() / 2] = 1;
  overwrite(path, changed);
  EXPECT_NE(here.generation("docs"), before);
  overwrite(path, bytes);
  EXPECT_EQ(here.generation("docs"), before) << "the old bytes again";
}

TEST_F(Files, TheBundleNamesTheFile) {
  write("docs", 3, 1, "my docs ü%.bin");
  const auto bundle = backend_->current_bundle("docs", 42, 20);
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->data_ref, "file://" + root_.string() + "/my%20docs%20%C3%BC%25.bin");
  EXPECT_EQ(bundle->dim, kDim);
  EXPECT_EQ(bundle->generation, generation());
  EXPECT_TRUE(bundle->verify_witness());
  EXPECT_TRUE(backend_->pulls_snapshots());
  EXPECT_TRUE(backend_->may_block());
  FsParams params;
  params.data_ref_prefix = "s3://mirror/";
  FsBackend mirror("mirror", root_, params);
  EXPECT_EQ(mirror.data_ref("a b"), "s3://mirror/a%20b.ruvec1");
}

// --- files that change while they are read

// Pulls while `change` goes on in a thread; counts those that succeeded. Each that does has rows of
// one value only, as every version of the file has, unless `standstills` grew meanwhile. Goes on
// until `least` have, however slow the machine is, and then for what is left of five seconds until
// `most` have.
int whole_pulls(
    FsBackend& backend, int least, int most, const std::function<void()>& change,
    const std::function<int()>& standstills = [] { return 0; }) {
  std::atomic<bool> done{false};
  std::thread changer([&] {
    while (!done) change();
  });
  int whole = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (whole < least || (whole < most && std::chrono::steady_clock::now() < end)) {
    const int before = standstills();
    try {
      const PulledBatch batch = backend.pull_vectors("docs");
      const float* const rows = batch.vectors.data;
      const bool is_whole = std::all_of(rows, rows + batch.vectors.rows * kDim,
                                        [&](float x) { return x == rows[0]; });
      EXPECT_TRUE(is_whole || standstills() > before) << "two versions in one pull";
      whole += is_whole ? 1 : 0;
    } catch (const BackendError& error) {
      EXPECT_THAT(error.what(), HasSubstr("docs.ruvec1"));
    }
  }
  done = true;
  changer.join();
  return whole;
}

TEST_F(Files, APullWhileTheFileIsReplacedGivesOneWholeVersion) {
  write("docs", 50'000, 0);
  float value = 0;
  EXPECT_EQ(whole_pulls(*backend_, 15, 15, [&] { write("docs", 50'000, value += 1); }), 15);
}

// Writing starts about when a pull that waited for the last change to settle reads.
#if RUVECTOR_THREAD_SANITIZER
constexpr std::size_t kOverwrittenRows = 20'000;  // a pull fits between two of the writer's rounds
#else
constexpr std::size_t kOverwrittenRows = 400'000;
#endif

// Writes over a file in pieces. Half of a version is settled to any reader when its writer is kept
// from going on for longer than the clock's tick, as a busy machine may do: such rounds are noted.
class Overwriter {
 public:
  explicit Overwriter(const fs::path& path) : fd_(::open(path.c_str(), O_WRONLY | O_CLOEXEC)) {}
  ~Overwriter() { ::close(fd_); }
  Overwriter(const Overwriter&) = delete;
  Overwriter& operator=(const Overwriter&) = delete;

  void write(const std::string& bytes) {
    const std::lock_guard round(round_);
    bool stood_still = false;
    auto last = std::chrono::steady_clock::now();
    const auto look = [&] {
      const auto now = std::chrono::steady_clock::now();
      stood_still = stood_still || now - last > std::chrono::milliseconds(8);
      last = now;
    };
    const std::size_t piece = bytes.size() / 8 + 1;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      look();
      const std::size_t count = std::min(piece, bytes.size() - at);
      ASSERT_EQ(::pwrite(fd_, bytes.data() + at, count, static_cast<off_t>(at)),
                static_cast<ssize_t>(count));
    }
    look();
    if (stood_still) ++standstills_;
  }

  // Rounds in which it stood still so far; waits for the end of the one that is under way.
  int standstills() {
    const std::lock_guard round(round_);
    return standstills_;
  }

 private:
  const int fd_;
  std::mutex round_;
  int standstills_ = 0;
};

TEST_F(Files, APullWhileTheFileIsOverwrittenInPlaceIsNotTornUnlessTheWriterStandsStill) {
  const std::string versions[2] = {bytes_of(write("docs", kOverwrittenRows, 1)),
                                   bytes_of(write("docs", kOverwrittenRows, 2))};
  Overwriter writer(root_ / "docs.ruvec1");
  base::Random random(5);
  int round = 0;
  const auto change = [&] {
    writer.write(versions[++round % 2]);
    std::this_thread::sleep_for(std::chrono::milliseconds(15 + random.uniform_below(40)));
  };
  EXPECT_GE(whole_pulls(*backend_, 1, 30, change, [&] { return writer.standstills(); }), 1);
}

TEST_F(Files, ATruncationDuringAPullIsAnErrorOrAnOldVersionAndNeverACrash) {
  const fs::path path = write("docs", 50'000, 1);
  const std::string bytes = bytes_of(path);
  whole_pulls(*backend_, 0, 200, [&] {
    ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(bytes.size() / 3)), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    overwrite(path, bytes);
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  });
  ASSERT_EQ(::truncate(path.c_str(), 1000), 0);
  EXPECT_THAT([&] { backend_->pull_vectors("docs"); },
              ThrowsMessage<BackendError>(HasSubstr("has 1000 bytes, expected 1600024")));
}

TEST_F(Files, AFileThatNeverStopsChangingIsAnErrorAfterAWhile) {
  const fs::path path = write("docs", 10, 1);
  std::atomic<bool> done{false};
  std::vector<std::thread> changers;
  for (int i = 0; i < 4; ++i) {
    changers.emplace_back([&] {
      while (!done) {
        fs::permissions(path, fs::perms::owner_all);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  // On a busy machine all of them may wait for long enough that the file was quiet.
  std::string complaint;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (complaint.empty() && std::chrono::steady_clock::now() < end) {
    try {
      generation();
    } catch (const BackendError& error) {
      complaint = error.what();
    }
  }
  done = true;
  for (std::thread& changer : changers) changer.join();
  generation();  // and not when it has stopped
  if (complaint.empty()) GTEST_SKIP() << "nothing here can change a file every 20 ms for 3 s";
  EXPECT_THAT(complaint, HasSubstr("goes on changing"));
}

TEST_F(Files, ConcurrentWritersLeaveOneWholeFile) {
  std::vector<std::thread> writers;
  writers.reserve(4);
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (int round = 0; round < 5; ++round) write("docs", 2000, static_cast<float>(t));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const PulledBatch batch = backend_->pull_vectors("docs");
  const float* const rows = batch.vectors.data;
  EXPECT_TRUE(std::all_of(rows, rows + 2000 * kDim, [&](float x) { return x == rows[0]; }));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), fs::directory_iterator()), 1)
      << "no temporary file is left";
}

// --- writers that are killed

// Writes versions 1, 2, 1, 2, ... until it is killed.
[[noreturn]] void write_for_ever(const fs::path& root) {
  FsBackend backend("disk", root);
  for (int round = 0;; ++round) {
    const std::size_t rows = round % 2 == 0 ? 1000U : 3000U;
    const std::vector<float> values(rows * kDim, static_cast<float>(rows));
    backend.write("docs", ids_from(0, rows), {values.data(), rows, kDim});
  }
}

TEST_F(Files, AWriterThatIsKilledAtAnyMomentLeavesAWholeVersion) {
  const char* const rounds = std::getenv("RUVECTOR_KILL_ROUNDS");
  base::Random random(17);
  write("docs", 1000, 1000);
  for (int round = rounds == nullptr ? 25 : std::atoi(rounds); round > 0; --round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_for_ever(root_);
    std::this_thread::sleep_for(std::chrono::microseconds(random.uniform_below(20'000)));
    if (round % 4 == 0) value_of("docs");  // while it writes
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const PulledBatch batch = backend_->pull_vectors("docs");
    ASSERT_TRUE(batch.ids.rows == 1000 || batch.ids.rows == 3000);
    const auto expected = static_cast<float>(batch.ids.rows);
    ASSERT_TRUE(std::all_of(batch.vectors.data, batch.vectors.data + batch.ids.rows * kDim,
                            [&](float x) { return x == expected; }));
    ASSERT_EQ(backend_->generation("docs"), batch.generation);
    ASSERT_THAT(backend_->list_collections(), ElementsAre("docs"));
    for (const fs::directory_entry& entry : fs::directory_iterator(root_)) {
      if (entry.path().filename() == "docs.ruvec1") continue;
      ASSERT_TRUE(base::is_stale_temporary(entry.path())) << entry.path();
      fs::remove(entry.path());
    }
  }
}

}  // namespace
}  // namespace ruvector
