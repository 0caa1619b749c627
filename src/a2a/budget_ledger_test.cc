#include "a2a/budget_ledger.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct ManualClock {
  BudgetLedger::TimePoint now{seconds(1000)};
  BudgetLedger::Clock reader() {
    return [this] { return now; };
  }
};

std::string refused_dimension(BudgetLedger& ledger, const TaskEstimate& estimate) {
  try {
    ledger.admit(estimate).charge();
  } catch (const BudgetExceeded& error) {
    return error.dimension();
  }
  return "none";
}

TEST(BudgetLedger, ALimitThatIsFilledExactlyIsNotBroken) {
  ManualClock clock;
  BudgetLedger ledger({.max_usd_per_minute = 0.3, .max_tokens_per_minute = 100}, clock.reader());
  // 0.1 + 0.1 + 0.1 is above 0.3 in binary by less than the tolerance of 1e-9.
  for (const std::uint64_t tokens : {50u, 25u, 25u}) {
    EXPECT_EQ(refused_dimension(ledger, {.cost_usd = 0.1, .tokens = tokens}), "none");
  }
  EXPECT_EQ(refused_dimension(ledger, {.cost_usd = 2e-9}), "usd");
  EXPECT_EQ(refused_dimension(ledger, {.tokens = 1}), "tokens");
  EXPECT_EQ(refused_dimension(ledger, {}), "none");
}

TEST(BudgetLedger, TheWindowIsTheLastSixtySeconds) {
  ManualClock clock;
  BudgetLedger ledger({.max_tasks_per_minute = 2}, clock.reader());
  EXPECT_EQ(refused_dimension(ledger, {}), "none");
  clock.now += seconds(30);
  EXPECT_EQ(refused_dimension(ledger, {}), "none");
  clock.now += seconds(29) + milliseconds(999);
  EXPECT_EQ(refused_dimension(ledger, {}), "tasks");
  clock.now += milliseconds(1);
  EXPECT_EQ(refused_dimension(ledger, {}), "none");
  EXPECT_EQ(refused_dimension(ledger, {}), "tasks");
}

TEST(BudgetLedger, TasksOfOneMillisecondAreForgottenTogetherAndNotTooEarly) {
  ManualClock clock;
  BudgetLedger ledger({.max_tasks_per_minute = 2}, clock.reader());
  EXPECT_EQ(refused_dimension(ledger, {}), "none");
  clock.now += std::chrono::microseconds(900);
  EXPECT_EQ(refused_dimension(ledger, {}), "none");
  clock.now += seconds(60) - std::chrono::microseconds(100);
  EXPECT_EQ(refused_dimension(ledger, {}), "tasks");
  clock.now += std::chrono::microseconds(100);
  EXPECT_EQ(refused_dimension(ledger, {}), "none");
}

TEST(BudgetLedger, WhatIsAdmittedAndNotChargedCostsNothing) {
  ManualClock clock;
  BudgetLedger ledger({.max_tasks_per_minute = 1}, clock.reader());
  for (int i = 0; i < 3; ++i) ledger.admit({});
  EXPECT_EQ(refused_dimension(ledger, {}), "none");
  EXPECT_EQ(refused_dimension(ledger, {}), "tasks");
}

TEST(BudgetLedger, WhatWasRefusedIsNotCharged) {
  ManualClock clock;
  BudgetLedger ledger({.max_tokens_per_minute = 10}, clock.reader());
  EXPECT_EQ(refused_dimension(ledger, {.tokens = 11}), "tokens");
  EXPECT_EQ(refused_dimension(ledger, {.tokens = 10}), "none");
}

TEST(BudgetLedger, HugeNumbersOfTokensDoNotWrapAround) {
  ManualClock clock;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  BudgetLedger ledger({.max_tokens_per_minute = kMost}, clock.reader());
  EXPECT_EQ(refused_dimension(ledger, {.tokens = kMost}), "none");
  EXPECT_EQ(refused_dimension(ledger, {.tokens = 1}), "tokens");
  BudgetLedger unlimited({.max_tasks_per_minute = 3}, clock.reader());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(refused_dimension(unlimited, {.tokens = kMost}), "none");
  }
  clock.now += seconds(60);
  EXPECT_EQ(refused_dimension(unlimited, {.tokens = kMost}), "none");
}

TEST(BudgetLedger, LimitsThatAreNoAmountsAreRefused) {
  ManualClock clock;
  for (const double usd :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(BudgetLedger({.max_usd_per_minute = usd}, clock.reader()), std::invalid_argument)
        << usd;
  }
}

TEST(BudgetLedger, ThreadsTogetherGetExactlyTheBudget) {
  ManualClock clock;
  BudgetLedger ledger({.max_tasks_per_minute = 1000}, clock.reader());
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        if (refused_dimension(ledger, {}) == "none") ++admitted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 1000);
}

}  // namespace
}  // namespace ruvector::a2a
