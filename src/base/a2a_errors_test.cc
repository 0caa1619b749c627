#include "ruvector/base/a2a_errors.h"

#include <gtest/gtest.h>

namespace ruvector {
namespace {

TEST(A2aErrors, KeepWhatThePeerSaid) {
  const A2aError error("boom", {.code = -32001, .data = "{}", .http_status = 200});
  EXPECT_EQ(error.code(), -32001);
  EXPECT_EQ(error.data(), "{}");
  EXPECT_EQ(error.details().http_status, 200);
  EXPECT_FALSE(error.details().retryable);
}

TEST(A2aErrors, ABrokenLimitNamesFieldValueAndLimit) {
  const PolicyViolation error("max_cost_usd: 0.2 is above the limit of 0.1", "max_cost_usd", "0.2",
                              "0.1");
  EXPECT_EQ(error.field(), "max_cost_usd");
  EXPECT_EQ(error.value(), "0.2");
  EXPECT_EQ(error.limit(), "0.1");
}

TEST(A2aErrors, AnExceededBudgetNamesItsDimension) {
  EXPECT_EQ(BudgetExceeded("budget", "tokens").dimension(), "tokens");
}

TEST(A2aErrors, AreCaughtByTheirBases) {
  EXPECT_THROW(throw Timeout("late"), TransportError);
  EXPECT_THROW(throw RecursionLimit("deep", "depth", "9", "8"), PolicyViolation);
  EXPECT_THROW(throw StreamInterrupted("cut"), RuVectorError);
}

}  // namespace
}  // namespace ruvector
