#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "base/cpu_affinity.h"
#include "base/cpu_quota.h"

namespace ruvector::base {
namespace {

TEST(CpuAffinity, FollowsTheMask) {
  std::size_t alone = 0;
  std::size_t available = 0;
  std::thread([&] {
    cpu_set_t mask;
    ::sched_getaffinity(0, sizeof(mask), &mask);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &mask)) ++cpu;
    CPU_ZERO(&mask);
    CPU_SET(cpu, &mask);
    ::sched_setaffinity(0, sizeof(mask), &mask);
    alone = affinity_cpus();
    available = available_cpus();
  }).join();
  EXPECT_EQ(alone, 1U);
  EXPECT_EQ(available, 1U);
}

}  // namespace
}  // namespace ruvector::base
