#include "ruvector/base/wakeup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <cerrno>
#include <thread>

namespace ruvector {
namespace {

bool is_readable(const Wakeup& wakeup, int timeout_ms = 0) {
  pollfd waiting{.fd = wakeup.descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, timeout_ms) == 1 && (waiting.revents & POLLIN) != 0;
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

TEST(Wakeup, IsNotInheritedByPrograms) {
  const Wakeup wakeup;
  EXPECT_NE(::fcntl(wakeup.descriptor(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(Wakeup, IsNotOpenWhereNoMoreFilesMayBe) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  {
    const Wakeup wakeup;
    const int error = errno;
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_FALSE(wakeup.is_open());
    EXPECT_EQ(error, EMFILE);
  }
}

}  // namespace
}  // namespace ruvector
