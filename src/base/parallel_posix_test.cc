#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>

#include "base/parallel.h"
#include "base/test_sanitizers.h"

namespace ruvector::base {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::size_t threads_of_this_process() {
  using Iterator = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Iterator("/proc/self/task"), Iterator()));
}

// Runs `body` in a forked child; true when it returned true there.
template <class Body>
bool succeeds_in_a_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool adds_up(std::size_t tasks, std::size_t threads) {
  std::atomic<std::size_t> sum{0};
  parallel_for(tasks, threads, [&](std::size_t task, std::size_t) { sum += task + 1; });
  return sum == tasks * (tasks + 1) / 2;
}

TEST(ParallelPosix, OneThreadOrOneTaskStartsNone) {
  if (!std::filesystem::exists("/proc/self/task")) GTEST_SKIP() << "/proc is not mounted";
  EXPECT_TRUE(succeeds_in_a_child([] {
    const std::size_t before = threads_of_this_process();
    const bool right = adds_up(100, 1) && adds_up(1, 8) && adds_up(0, 8);
    return right && threads_of_this_process() == before;
  }));
}

TEST(ParallelPosix, AForkedChildHasWorkersOfItsOwn) {
  if (!kForkedChildrenMayStartThreads) GTEST_SKIP() << "threads after fork under a sanitizer";
  ASSERT_TRUE(adds_up(1000, 4));
  const auto child = [] {
    std::set<std::thread::id> workers;
    std::mutex mutex;
    for (int round = 0; round < 100 && workers.size() < 2; ++round) {
      parallel_for(100, 4, [&](std::size_t, std::size_t) {
        std::this_thread::sleep_for(microseconds(50));
        const std::lock_guard lock(mutex);
        workers.insert(std::this_thread::get_id());
      });
    }
    // And a grandchild, for servers that fork twice.
    return workers.size() >= 2 && succeeds_in_a_child([] { return adds_up(1000, 4); });
  };
  EXPECT_TRUE(succeeds_in_a_child(child));
  EXPECT_TRUE(adds_up(1000, 4));
}

TEST(ParallelPosix, AForkWhileOthersAreInLoopsLeavesTheChildUsable) {
  if (!kForkedChildrenMayStartThreads) GTEST_SKIP() << "threads after fork under a sanitizer";
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) adds_up(50, 4);
  });
  for (int round = 0; round < 20; ++round) {
    EXPECT_TRUE(succeeds_in_a_child([] { return adds_up(100, 3); })) << round;
  }
  stop = true;
  busy.join();
}

TEST(ParallelPosix, AProcessExitsWhileItsWorkersIdle) {
  if (!kForkedChildrenMayStartThreads) GTEST_SKIP() << "threads after fork under a sanitizer";
  for (const int pause_ms : {0, 0, 0, 1, 5}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::alarm(30);
      const bool right = adds_up(1000, 4);
      std::this_thread::sleep_for(milliseconds(pause_ms));
      std::exit(right ? 0 : 1);  // runs the static destructors
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
}

}  // namespace
}  // namespace ruvector::base
