#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>

#include "ruvector/base/wakeup.h"

namespace ruvector {
namespace {

TEST(WakeupPosix, IsNotInheritedByPrograms) {
  const Wakeup wakeup;
  EXPECT_NE(::fcntl(wakeup.descriptor(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(WakeupPosix, IsNotOpenWhereNoMoreFilesMayBe) {
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
