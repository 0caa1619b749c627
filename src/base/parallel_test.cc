#include "base/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ruvector::base {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

bool adds_up(std::size_t tasks, std::size_t threads) {
  std::atomic<std::size_t> sum{0};
  parallel_for(tasks, threads, [&](std::size_t task, std::size_t) { sum += task + 1; });
  return sum == tasks * (tasks + 1) / 2;
}

TEST(Parallel, RunsEveryTaskOnce) {
  for (const std::size_t tasks : {0u, 1u, 2u, 3u, 17u, 10'000U}) {
    for (const std::size_t threads : {0u, 1u, 2u, 4u, 40u}) {
      std::vector<std::atomic<int>> runs(tasks);
      parallel_for(tasks, threads, [&](std::size_t task, std::size_t) { ++runs[task]; });
      EXPECT_TRUE(std::all_of(runs.begin(), runs.end(), [](const auto& n) { return n == 1; }))
          << tasks << " tasks, " << threads << " threads";
    }
  }
}

TEST(Parallel, WorkerNumbersAreDistinctAtAnyTimeAndBelowTheLimit) {
  constexpr std::size_t kThreads = 4;
  std::vector<std::atomic<int>> inside(kThreads);
  std::atomic<int> clashes{0};
  const auto caller = std::this_thread::get_id();
  for (int round = 0; round < 50; ++round) {
    parallel_for(200, kThreads, [&](std::size_t, std::size_t worker) {
      if (worker >= kThreads || inside[worker].fetch_add(1) != 0) ++clashes;
      if ((worker == 0) != (std::this_thread::get_id() == caller)) ++clashes;
      std::this_thread::sleep_for(microseconds(5));
      --inside[worker];
    });
  }
  EXPECT_EQ(clashes, 0);
}

TEST(Parallel, SeveralThreadsWorkAtOnce) {
  // Each task waits for the other: alone it would wait until the deadline.
  std::atomic<int> arrived{0};
  parallel_for(2, 2, [&](std::size_t, std::size_t) {
    ++arrived;
    const auto deadline = Clock::now() + std::chrono::seconds(20);
    while (arrived < 2 && Clock::now() < deadline) std::this_thread::yield();
    EXPECT_EQ(arrived, 2);
  });
}

TEST(Parallel, RefusesMoreThreadsThanTheLimit) {
  EXPECT_THROW(parallel_for(1, kMaxThreads + 1, [](std::size_t, std::size_t) {}),
               std::invalid_argument);
}

TEST(Parallel, ANestedLoopRunsInlineAsWorkerZero) {
  std::atomic<int> wrong{0};
  std::atomic<int> inner{0};
  parallel_for(8, 4, [&](std::size_t, std::size_t) {
    const auto outer = std::this_thread::get_id();
    parallel_for(5, 4, [&](std::size_t, std::size_t worker) {
      ++inner;
      if (worker != 0 || std::this_thread::get_id() != outer) ++wrong;
    });
  });
  EXPECT_EQ(inner, 40);
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(adds_up(1000, 4));
}

class ParallelErrors : public testing::TestWithParam<std::size_t> {};

TEST_P(ParallelErrors, TheFirstExceptionOfATaskIsRethrownAndTheRestIsSkipped) {
  std::atomic<std::size_t> ran{0};
  try {
    parallel_for(100'000, GetParam(), [&](std::size_t task, std::size_t) {
      ++ran;
      if (task == 10) throw std::runtime_error("task ten");
      std::this_thread::sleep_for(microseconds(1));
    });
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "task ten");
  }
  EXPECT_LT(ran, 50'000u);
  EXPECT_TRUE(adds_up(1000, GetParam()));
}

TEST_P(ParallelErrors, AnExceptionOfProgressCancels) {
  std::atomic<std::size_t> ran{0};
  const auto body = [&](std::size_t, std::size_t) {
    ++ran;
    std::this_thread::sleep_for(milliseconds(1));
  };
  const auto cancel = [](std::size_t, std::size_t) { throw std::runtime_error("cancelled"); };
  const auto start = Clock::now();
  EXPECT_THROW(parallel_for(60'000, GetParam(), body, cancel), std::runtime_error);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
  EXPECT_LT(ran, 10'000u);
}

TEST_P(ParallelErrors, ManyExceptionsAtOnceGiveOne) {
  for (int round = 0; round < 200; ++round) {
    EXPECT_THROW(parallel_for(16, GetParam(),
                              [](std::size_t, std::size_t) { throw std::runtime_error("each"); }),
                 std::runtime_error);
  }
}

TEST_P(ParallelErrors, ProgressComesOftenOnTheCallingThreadAndEndsWithTheTotal) {
  const auto caller = std::this_thread::get_id();
  std::vector<std::size_t> seen;
  std::size_t own_tasks = 0;  // of the caller since the last report
  std::size_t most_own_tasks = 0;
  const auto body = [&](std::size_t, std::size_t worker) {
    std::this_thread::sleep_for(milliseconds(5));
    if (worker == 0) most_own_tasks = std::max(most_own_tasks, ++own_tasks);
  };
  const auto report = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    EXPECT_EQ(total, 100u);
    own_tasks = 0;
    seen.push_back(done);
  };
  parallel_for(100, GetParam(), body, report);
  EXPECT_GE(seen.size(), 4u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.back(), 100u);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 100u), 1);
  // Tasks of 5 ms instead of a clock: ten of them are the 50 ms of the contract.
  EXPECT_LT(most_own_tasks, 10u);
}

INSTANTIATE_TEST_SUITE_P(Threads, ParallelErrors, testing::Values(1, 2, 4));

TEST(Parallel, ProgressGoesOnWhileOnlyAWorkerStillWorks) {
  const auto caller = std::this_thread::get_id();
  std::size_t reports = 0;
  parallel_for(
      2, 2,
      [&](std::size_t, std::size_t) {
        const bool is_caller = std::this_thread::get_id() == caller;
        std::this_thread::sleep_for(milliseconds(is_caller ? 1 : 200));
      },
      [&](std::size_t, std::size_t) { ++reports; });
  // 1 when the caller was fast enough to take both tasks.
  EXPECT_TRUE(reports >= 3 || reports == 1) << reports;
}

TEST(Parallel, ProgressMayItselfRunALoop) {
  bool right = true;
  parallel_for(
      20, 2, [](std::size_t, std::size_t) { std::this_thread::sleep_for(milliseconds(5)); },
      [&](std::size_t, std::size_t) { right = right && adds_up(100, 2); });
  EXPECT_TRUE(right);
}

TEST(Parallel, ManyCallersAtOnceGetTheirOwnResults) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  callers.reserve(6);
  for (std::size_t caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&wrong, caller] {
      for (std::size_t round = 0; round < 300; ++round) {
        if (!adds_up(1 + (round * 7 + caller) % 90, 1 + (round + caller) % 5)) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Parallel, TwoLongLoopsShareTheWorkers) {
  std::atomic<bool> stop{false};
  const auto caller_of = [&](std::atomic<std::size_t>& helped) {
    return std::thread([&] {
      parallel_for(1'000'000, 2, [&](std::size_t, std::size_t worker) {
        if (stop) return;
        if (worker != 0) ++helped;
        std::this_thread::sleep_for(microseconds(100));
      });
    });
  };
  std::atomic<std::size_t> first{0};
  std::atomic<std::size_t> second{0};
  std::thread a = caller_of(first);
  std::thread b = caller_of(second);
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  while ((first < 50 || second < 50) && Clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  stop = true;
  a.join();
  b.join();
  EXPECT_GE(first, 50u);
  EXPECT_GE(second, 50u);
}

}  // namespace
}  // namespace ruvector::base
