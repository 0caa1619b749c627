#include "lake/directory_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

class DirectoryLockTest : public testing::Test {
 protected:
  const base::TestFolder folder_;
  const std::filesystem::path directory_ = folder_.path();
};

TEST_F(DirectoryLockTest, OneThreadAtATimeHoldsIt) {
  std::atomic<int> holders = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const DirectoryLock lock(directory_);
        EXPECT_TRUE(lock.exclusive());
        if (++holders > most) most = holders.load();
        std::this_thread::yield();
        --holders;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

TEST_F(DirectoryLockTest, TwoDirectoriesDoNotWaitForEachOther) {
  std::filesystem::create_directory(directory_ / "a");
  std::filesystem::create_directory(directory_ / "b");
  const DirectoryLock first(directory_ / "a");
  const DirectoryLock second(directory_ / "b");
  EXPECT_TRUE(first.exclusive());
  EXPECT_TRUE(second.exclusive());
}

// Starts a process that locks the directory and then waits; returns when it holds the lock.
pid_t start_holder(const std::filesystem::path& directory) {
  int ready[2];
  EXPECT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const DirectoryLock lock(directory);
    const ssize_t written = ::write(ready[1], "x", 1);
    while (written == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  ::close(ready[1]);
  return child;
}

TEST_F(DirectoryLockTest, AnotherProcessWaitsUntilTheHolderIsKilled) {
  const pid_t child = start_holder(directory_);
  auto waiting = std::async(std::launch::async, [&] { const DirectoryLock lock(directory_); });
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

// Such as a worker of Python's multiprocessing that was started during a save.
TEST_F(DirectoryLockTest, AProcessForkedWhileItIsHeldDoesNotKeepIt) {
  auto lock = std::make_unique<DirectoryLock>(directory_);
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  lock.reset();
  auto waiting = std::async(std::launch::async, [&] { const DirectoryLock again(directory_); });
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(DirectoryLockTest, ErrorsNameThePath) {
  EXPECT_THROW(DirectoryLock{directory_ / "absent"}, PersistError);
  std::filesystem::create_symlink("elsewhere", directory_ / DirectoryLock::kFileName);
  EXPECT_THROW(DirectoryLock{directory_}, PersistError);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "elsewhere"));
}

}  // namespace
}  // namespace ruvector::lake
