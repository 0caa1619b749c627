// Processes that publish, refresh and save are killed at random moments. RUVECTOR_KILL_ROUNDS sets
// how often.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "base/test_program.h"
#include "lake/snapshot.h"
#include "lake/test_lake.h"
#include "ruvector/lake/local_backend.h"

extern char** environ;  // POSIX has it, but not every system's headers

namespace ruvector::lake {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDirectoryVariable = "RUVECTOR_KILL_DIRECTORY";
constexpr std::size_t kContents = 4;
constexpr std::size_t kRows = 1500;
constexpr std::size_t kDim = 32;
const LakeKey kHot{"hot", "docs"};

Rows rows_of(std::size_t content) {
  return random_rows(kRows, kDim, static_cast<unsigned>(content), content * 10'000);
}

void show(LocalBackend& hot, std::size_t content) {
  const Rows rows = rows_of(content);
  if (!hot.list_collections().empty()) hot.drop("docs");
  hot.upsert("docs", rows.ids, rows.view());
}

// The child's part, which the test below starts this program for.
TEST(KilledPublisher, DISABLED_PublishesRefreshesAndSavesOneContentAfterTheOther) {
  const char* const directory = std::getenv(kDirectoryVariable);
  ASSERT_NE(directory, nullptr);
  const fs::path root = directory;
  const auto hot = std::make_shared<LocalBackend>("hot");
  RuLake lake({.consistency = Consistency::frozen});
  lake.register_backend(hot);
  for (std::size_t content = std::random_device{}();; ++content) {
    show(*hot, content % kContents);
    lake.publish_bundle(kHot, root / "bundle");
    lake.refresh_from_bundle_dir(kHot, root / "bundle");
    lake.search_one(kHot, std::vector<float>(kDim), 1);
    lake.save_cache_to_dir(kHot, root / "snapshot");
  }
}

class PublisherProcess {
 public:
  explicit PublisherProcess(const fs::path& directory) {
    std::vector<std::string> texts = {
        "refresh_kill_test", "--gtest_also_run_disabled_tests",
        "--gtest_filter=KilledPublisher.DISABLED_PublishesRefreshesAndSavesOneContentAfterTheOther",
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

class RefreshKillTest : public testing::Test {
 protected:
  RefreshKillTest() {
    LocalBackend hot("hot");
    for (std::size_t content = 0; content < kContents; ++content) {
      show(hot, content);
      generations_.push_back(hot.generation("docs"));
    }
  }

  fs::path bundle() const { return folder_.path() / "bundle"; }
  fs::path snapshot() const { return folder_.path() / "snapshot"; }

  std::size_t content_of(const RuLakeBundle& bundle) const {
    const auto found = std::find(generations_.begin(), generations_.end(), bundle.generation);
    EXPECT_NE(found, generations_.end()) << "no version that was ever written";
    return static_cast<std::size_t>(found - generations_.begin());
  }

  // The snapshot answers with the vectors of the version that its bundle names.
  void check_snapshot() const {
    const RuLake lake({.consistency = Consistency::frozen});
    ASSERT_EQ(lake.warm_from_dir(kHot, snapshot(), false, true), kRows);
    const std::size_t content = content_of(RuLakeBundle::read_from_dir(snapshot()));
    const Rows rows = rows_of(content);
    for (std::size_t i = 0; i < kRows; i += 97) {
      const std::vector<LakeHit> hits = lake.search_one(kHot, rows.view().row(i), 1);
      ASSERT_EQ(hits.at(0).id, rows.ids[i]);
      ASSERT_EQ(hits[0].score, 0.0F);
    }
  }

  // A lake that has some version refreshes from the bundle to the one that it names.
  void check_refresh() const {
    const std::size_t content = content_of(RuLakeBundle::read_from_dir(bundle()));
    const auto hot = std::make_shared<LocalBackend>("hot");
    RuLake lake({.consistency = Consistency::frozen});
    lake.register_backend(hot);
    const Rows rows = rows_of(content);
    show(*hot, (content + 1) % kContents);
    lake.search_one(kHot, rows.view().row(0), 1);
    show(*hot, content);
    ASSERT_EQ(lake.refresh_from_bundle_dir(kHot, bundle()), RefreshResult::invalidated);
    ASSERT_EQ(lake.search_one(kHot, rows.view().row(0), 1).at(0).id, rows.ids[0]);
    ASSERT_EQ(lake.refresh_from_bundle_dir(kHot, bundle()), RefreshResult::up_to_date);
  }

  const base::TestFolder folder_;
  std::vector<Generation> generations_;
};

TEST_F(RefreshKillTest, AfterEachKillBundleAndSnapshotAreWholeAndOfAVersionWritten) {
  const char* const wanted = std::getenv("RUVECTOR_KILL_ROUNDS");
  const int rounds = wanted == nullptr ? 30 : std::atoi(wanted);
  std::mt19937 random(std::random_device{}());
  std::set<std::size_t> seen;
  for (int round = 0; round < rounds; ++round) {
    const bool first = round == 0;
    const auto before =
        first ? fs::file_time_type{} : fs::last_write_time(snapshot() / RuLakeBundle::kFileName);
    const PublisherProcess publisher(folder_.path());
    ASSERT_TRUE(comes_true([&] {
      std::error_code error;
      const auto now = fs::last_write_time(snapshot() / RuLakeBundle::kFileName, error);
      return !error && (first || now != before);
    }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    ASSERT_TRUE(publisher.kill()) << "the publisher ended by itself in round " << round;
    ASSERT_NO_FATAL_FAILURE(check_snapshot()) << "round " << round;
    ASSERT_NO_FATAL_FAILURE(check_refresh()) << "round " << round;
    seen.insert(content_of(RuLakeBundle::read_from_dir(snapshot())));
  }
  EXPECT_GT(seen.size(), 1u);
  // What the dead left is gone after the next save, but for files that say nothing wrong.
  const auto hot = std::make_shared<LocalBackend>("hot");
  show(*hot, 0);
  RuLake lake;
  lake.register_backend(hot);
  lake.search_one(kHot, std::vector<float>(kDim), 1);
  lake.save_cache_to_dir(kHot, snapshot());
  std::size_t indexes = 0;
  for (const auto& entry : fs::directory_iterator(snapshot())) {
    indexes += entry.path().extension() == ".rbpx" ? 1 : 0;
  }
  EXPECT_EQ(indexes, 1u);
}

}  // namespace
}  // namespace ruvector::lake
