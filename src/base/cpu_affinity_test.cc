#include "base/cpu_affinity.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace ruvector::base {
namespace {

TEST(CpuAffinity, IsBetweenOneCpuAndAllOfThem) {
  EXPECT_GE(affinity_cpus(), 1U);
  EXPECT_LE(affinity_cpus(), static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_CONF)));
}

}  // namespace
}  // namespace ruvector::base
