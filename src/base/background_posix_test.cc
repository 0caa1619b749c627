#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <latch>

#include "base/background.h"
#include "base/test_countdown.h"
#include "base/test_sanitizers.h"
#include "ruvector/base/fork_epoch.h"

namespace ruvector::base {
namespace {

TEST(BackgroundPosix, AForkedChildHasThreadsOfItsOwn) {
  if (!kForkedChildrenMayStartThreads) GTEST_SKIP() << "threads after fork under a sanitizer";
  Countdown before(1);
  post(Lane::compute, [&] { before.arrive(); });
  ASSERT_TRUE(before.wait());
  const std::uint64_t epoch = fork_epoch();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    Countdown all(20);
    for (int i = 0; i < 20; ++i) post(Lane::compute, [&] { all.arrive(); });
    ::_exit(all.wait() && fork_epoch() == epoch + 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(fork_epoch(), epoch);
}

}  // namespace
}  // namespace ruvector::base
