#include "kernels/dispatch.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/test_variable.h"
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

// Sets RUVECTOR_SIMD, and puts it back at the end.
class EnvironmentTest : public testing::Test {
 protected:
  EnvironmentTest() {
    const char* value = std::getenv("RUVECTOR_SIMD");
    if (value != nullptr) before_ = value;
  }

  ~EnvironmentTest() override {
    if (before_.has_value()) {
      set(before_->c_str());
    } else {
      base::remove_variable("RUVECTOR_SIMD");
    }
  }

  static void set(const char* value) { base::set_variable("RUVECTOR_SIMD", value); }

 private:
  std::optional<std::string> before_;
};

TEST_F(EnvironmentTest, EveryLevelThatRunsCanBeAskedFor) {
  for (const KernelTable* table : supported()) {
    set(table->name);
    EXPECT_STREQ(choose_from_environment().name, table->name);
  }
}

TEST_F(EnvironmentTest, WithoutTheVariableOrWithAnEmptyOneTheBestTableIsChosen) {
  base::remove_variable("RUVECTOR_SIMD");
  EXPECT_STREQ(choose_from_environment().name, supported().back()->name);
  set("");
  EXPECT_STREQ(choose_from_environment().name, supported().back()->name);
}

TEST_F(EnvironmentTest, AnUnknownLevelThrows) {
  set("mmx");
  EXPECT_THROW(choose_from_environment(), std::invalid_argument);
}

TEST_F(EnvironmentTest, TheLevelInUseDoesNotChangeWithTheVariable) {
  const KernelTable* before = &active();
  set("scalar");
  EXPECT_EQ(&active(), before);
}

}  // namespace
}  // namespace ruvector::kernels
