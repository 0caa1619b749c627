#include "net/threads_gone.h"

#include <gtest/gtest.h>

#include <thread>

namespace ruvector::net {
namespace {

TEST(ThreadsGone, IsNotSaidWhileTheProcessRuns) {
  EXPECT_FALSE(threads_are_gone());
  std::thread([] { EXPECT_FALSE(threads_are_gone()); }).join();
}

}  // namespace
}  // namespace ruvector::net
