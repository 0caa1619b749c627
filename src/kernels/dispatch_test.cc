#include "kernels/dispatch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "ruvector/base/cpu_features.h"

namespace ruvector::kernels {
namespace {

KernelTable named(const char* name) {
  KernelTable table{};
  table.name = name;
  return table;
}

TEST(DispatchTest, WithoutANameTheBestTableIsChosen) {
  const KernelTable low = named("low");
  const KernelTable high = named("high");
  EXPECT_EQ(&choose("", {&low, &high}), &high);
}

TEST(DispatchTest, ANameLowersTheLevel) {
  const KernelTable low = named("low");
  const KernelTable high = named("high");
  EXPECT_EQ(&choose("low", {&low, &high}), &low);
  EXPECT_EQ(&choose("high", {&low, &high}), &high);
}

TEST(DispatchTest, ALevelThatTheProcessorLacksIsRefusedByName) {
  const KernelTable low = named("low");
  try {
    choose("high", {&low});
    FAIL() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "RUVECTOR_SIMD is 'high', this processor can run: low");
  }
}

TEST(DispatchTest, EveryProcessorRunsTheScalarLevelFirst) {
  EXPECT_STREQ(supported().front()->name, "scalar");
}

TEST(DispatchTest, TheFeaturesNameTheTableInUseAndAllThatRun) {
  const CpuFeatures& features = cpu_features();
  EXPECT_EQ(features.simd_level, active().name);
  ASSERT_EQ(features.available.size(), supported().size());
  for (std::size_t i = 0; i < supported().size(); ++i) {
    EXPECT_EQ(features.available[i], supported()[i]->name);
  }
}

// These run in a child, because a process chooses once.
void exit_with_level_in_use(const char* name) {
  setenv("RUVECTOR_SIMD", name, 1);
  bool right = false;
  try {
    right = std::string(active().name) == name && cpu_features().simd_level == name;
  } catch (const std::invalid_argument&) {
    std::exit(3);
  }
  std::exit(right ? 0 : 1);
}

TEST(DispatchDeathTest, TheEnvironmentLowersTheLevel) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const KernelTable* table : supported()) {
    EXPECT_EXIT(exit_with_level_in_use(table->name), testing::ExitedWithCode(0), "") << table->name;
  }
}

TEST(DispatchDeathTest, AnUnknownLevelInTheEnvironmentThrows) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_with_level_in_use("mmx"), testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace ruvector::kernels
