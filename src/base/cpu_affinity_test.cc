#include "base/cpu_affinity.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace ruvector::base {
namespace {

std::size_t cpus_of_the_machine() {
#ifdef _WIN32
  const char* const count = std::getenv("NUMBER_OF_PROCESSORS");
  return count == nullptr ? 0 : std::stoul(count);
#else
  return static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_CONF));
#endif
}

TEST(CpuAffinity, IsBetweenOneCpuAndAllOfThem) {
  EXPECT_GE(affinity_cpus(), 1U);
  EXPECT_LE(affinity_cpus(), cpus_of_the_machine());
}

}  // namespace
}  // namespace ruvector::base
