#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "base/test_folder.h"
#include "index/rbpx.h"
#include "index/rbpx_samples.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const PersistError& error) {
    return error.what();
  }
  return "no PersistError";
}

TEST(RbpxPosix, AFileWithoutReadPermissionIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const base::TestFolder folder;
  save_rbpx(sample_state({}), folder.path() / "a.rbpx");
  std::filesystem::permissions(folder.path() / "a.rbpx", std::filesystem::perms::none);
  EXPECT_THAT(message_of([&] { load_rbpx(folder.path() / "a.rbpx", Kind::rabitq_plus, {}); }),
              HasSubstr("Permission denied"));
}

// Runs `action` in a child process; its exit code, or minus the signal that ended it.
int in_child(const std::function<int()>& action) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(action());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(RbpxPosix, ASaveThatRunsOutOfSpaceKeepsTheOldFileAndLeavesNothingBehind) {
  const base::TestFolder folder;
  const State old_state = sample_state({.count = 3});
  save_rbpx(old_state, folder.path() / "a.rbpx");
  const Bytes before = read_bytes(folder.path() / "a.rbpx");
  const State big = sample_state({.count = 3000, .dim = 64});
  const int code = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{300'000, 300'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    const std::string message = message_of([&] { save_rbpx(big, folder.path() / "a.rbpx"); });
    return message.find("File too large") == std::string::npos ? 2 : 0;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(read_bytes(folder.path() / "a.rbpx"), before);
  const auto entries = std::filesystem::directory_iterator(folder.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(RbpxPosix, AProcessKilledWhileSavingLeavesThePreviousOrTheNewFile) {
  const base::TestFolder folder;
  const std::filesystem::path path = folder.path() / "a.rbpx";
  const State one = sample_state({.count = 2000, .dim = 200});
  const State two = sample_state({.count = 1500, .dim = 200, .metric = Metric::cosine});
  const Bytes bytes_one = serialize_rbpx(one);
  const Bytes bytes_two = serialize_rbpx(two);
  save_rbpx(one, path);
  base::Random random(11);
  std::size_t unfinished = 0;
  constexpr int kKills = 40;
  for (int i = 0; i < kKills; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        save_rbpx(two, path);
        save_rbpx(one, path);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random.next_u64() % 20'000));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const Bytes found = read_bytes(path);
    ASSERT_TRUE(found == bytes_one || found == bytes_two) << "after kill " << i;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      if (entry.path() == path) continue;
      ++unfinished;
      std::filesystem::remove(entry.path());
    }
  }
  EXPECT_GE(unfinished, 5U) << "too few of the kills came while a file was being written";
}

}  // namespace
}  // namespace ruvector::index
