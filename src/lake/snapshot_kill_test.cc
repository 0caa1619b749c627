// Processes that save snapshots are killed at random moments. RUVECTOR_KILL_ROUNDS sets how often.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "base/test_program.h"
#include "index/test_vectors.h"
#include "lake/directory_lock.h"
#include "lake/snapshot.h"

extern char** environ;  // POSIX has it, but not every system's headers

namespace ruvector::lake {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRows = 2000;
constexpr std::size_t kDim = 64;
constexpr const char* kDirectoryVariable = "RUVECTOR_KILL_DIRECTORY";

RabitqPlusIndex make_index(std::uint64_t content) {
  const auto vectors = index::gaussian_vectors(kRows, kDim, content);
  BuildParams params;
  params.bits = 1;
  return RabitqPlusIndex::build(vectors.view(), params);
}

RuLakeBundle make_bundle(std::uint64_t content) {
  return RuLakeBundle::make("local://hot/docs", kDim, 42, 20, content);
}

// The child's part, which the test below starts this program for.
TEST(KilledSaver, DISABLED_SavesOneOfTwoContentsAfterTheOther) {
  const char* const directory = std::getenv(kDirectoryVariable);
  ASSERT_NE(directory, nullptr);
  const std::vector<RabitqPlusIndex> indexes = {make_index(0), make_index(1)};
  const std::uint64_t next = 1 - RuLakeBundle::read_from_dir(directory).generation.number();
  for (std::uint64_t content = next;; content = 1 - content) {
    save_snapshot(indexes[content], make_bundle(content), directory, {});
  }
}

class SaverProcess {
 public:
  explicit SaverProcess(const fs::path& directory) {
    std::vector<std::string> texts = {
        "snapshot_kill_test", "--gtest_also_run_disabled_tests",
        "--gtest_filter=KilledSaver.DISABLED_SavesOneOfTwoContentsAfterTheOther",
        "--gtest_output="};
    std::vector<char*> arguments;
    for (std::string& text : texts) arguments.push_back(text.data());
    arguments.push_back(nullptr);
    ::setenv(kDirectoryVariable, directory.c_str(), 1);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    EXPECT_EQ(::posix_spawn(&process_, base::this_program().c_str(), &actions, nullptr,
                            arguments.data(), environ),
              0);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  // True when it was running until then.
  bool kill() const {
    ::kill(process_, SIGKILL);
    int status = 0;
    EXPECT_EQ(::waitpid(process_, &status, 0), process_);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

 private:
  pid_t process_ = 0;
};

class SnapshotKillTest : public testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  // Waits until the bundle is not the file that it was when the saver started.
  void await_save(fs::file_time_type before) const {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (fs::last_write_time(directory_ / RuLakeBundle::kFileName) == before) {
      ASSERT_LT(std::chrono::steady_clock::now(), patience);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const base::TestFolder folder_;
  const fs::path directory_ = folder_.path();
};

TEST_F(SnapshotKillTest, TheDirectoryHoldsOneWholeSnapshotAfterEachKill) {
  const char* const wanted = std::getenv("RUVECTOR_KILL_ROUNDS");
  const int rounds = wanted == nullptr ? 30 : std::atoi(wanted);
  const std::vector<RabitqPlusIndex> indexes = {make_index(0), make_index(1)};
  save_snapshot(indexes[0], make_bundle(0), directory_, {});
  std::mt19937 random(std::random_device{}());
  int torn = 0;
  std::vector<int> contents(2);
  for (int round = 0; round < rounds; ++round) {
    const auto before = fs::last_write_time(directory_ / RuLakeBundle::kFileName);
    const SaverProcess saver(directory_);
    await_save(before);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    ASSERT_TRUE(saver.kill()) << "the saver ended by itself in round " << round;

    const Snapshot snapshot = open_snapshot(directory_, {}, true);
    const std::uint64_t content = snapshot.bundle.generation.number();
    ASSERT_LT(content, 2u);
    ASSERT_TRUE(snapshot.index.equals(indexes[content])) << "round " << round;
    ++contents[content];
    // A saver dies with at most two temporary files of an index and one of a bundle, and with an
    // index that no bundle names yet or any more.
    ASSERT_LE(names().size(), 7u) << testing::PrintToString(names());
    if (names().size() > 3) ++torn;
  }
  RecordProperty("kills_within_a_save", torn);
  RecordProperty("ended_with_first", contents[0]);
  RecordProperty("ended_with_second", contents[1]);

  // The next save has nothing of the dead left.
  const fs::path last = save_snapshot(indexes[0], make_bundle(0), directory_, {});
  EXPECT_THAT(names(),
              testing::UnorderedElementsAre(DirectoryLock::kFileName, RuLakeBundle::kFileName,
                                            last.filename().string()));
  EXPECT_GT(torn, 0) << "no kill came within a save: the test shows nothing";
}

}  // namespace
}  // namespace ruvector::lake
