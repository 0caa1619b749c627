#include "ruvector/base/wakeup.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/test_readable.h"

namespace ruvector {
namespace {

bool is_readable(const Wakeup& wakeup, int timeout_ms = 0) {
  return base::is_readable(wakeup.descriptor(), timeout_ms);
}

TEST(Wakeup, IsReadableFromNotifyToReset) {
  Wakeup wakeup;
  ASSERT_TRUE(wakeup.is_open());
  EXPECT_FALSE(is_readable(wakeup));
  for (int round = 0; round < 3; ++round) {
    wakeup.notify();
    EXPECT_TRUE(is_readable(wakeup));
    EXPECT_TRUE(is_readable(wakeup));
    wakeup.reset();
    EXPECT_FALSE(is_readable(wakeup));
  }
}

// More than any pipe holds.
TEST(Wakeup, ManyNotificationsNeitherWaitNorOutliveOneReset) {
  Wakeup wakeup;
  for (int i = 0; i < 100'000; ++i) wakeup.notify();
  EXPECT_TRUE(is_readable(wakeup));
  wakeup.reset();
  EXPECT_FALSE(is_readable(wakeup));
}

TEST(Wakeup, ResetOfNoneReturns) {
  Wakeup wakeup;
  wakeup.reset();
  EXPECT_FALSE(is_readable(wakeup));
}

TEST(Wakeup, WakesAnotherThread) {
  Wakeup wakeup;
  bool is_woken = false;
  std::thread waiting([&] { is_woken = is_readable(wakeup, 20'000); });
  wakeup.notify();
  waiting.join();
  EXPECT_TRUE(is_woken);
}

}  // namespace
}  // namespace ruvector
