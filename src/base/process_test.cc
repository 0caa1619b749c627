#include "base/process.h"

#include <gtest/gtest.h>

namespace ruvector::base {
namespace {

TEST(Process, ThisOneRunsAndHasANumber) {
  EXPECT_GT(this_process(), 0);
  EXPECT_TRUE(is_running(this_process()));
}

TEST(Process, AnotherNumberIsNoneOfAProcess) { EXPECT_FALSE(is_running(999'999'999)); }

}  // namespace
}  // namespace ruvector::base
