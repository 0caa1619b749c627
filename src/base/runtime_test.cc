#include "ruvector/base/runtime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "base/cpu_quota.h"
#include "base/test_variable.h"

namespace ruvector {
namespace {

// In a child, where the number of threads has not been asked for yet.
#define EXPECT_IN_A_NEW_PROCESS(body) \
  EXPECT_EXIT(std::exit(body() ? 0 : 1), testing::ExitedWithCode(0), "")

std::string message_with(const char* value) {
  base::set_variable("RUVECTOR_THREADS", value);
  try {
    num_threads();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(Runtime, TheDefaultIsTheCpusOfTheProcessButAtMostEight) {
  EXPECT_IN_A_NEW_PROCESS(([] {
    base::remove_variable("RUVECTOR_THREADS");
    return num_threads() == std::min<std::size_t>(8, base::available_cpus());
  }));
}

TEST(Runtime, TheEnvironmentChangesTheDefault) {
  EXPECT_IN_A_NEW_PROCESS(([] {
    base::set_variable("RUVECTOR_THREADS", "13");
    return num_threads() == 13;
  }));
}

TEST(Runtime, AWrongValueInTheEnvironmentIsNamed) {
  for (const char* value : {"0", "257", "-1", "two", "4x", " 4", "99999999999999999999"}) {
    EXPECT_IN_A_NEW_PROCESS(([value] {
      return message_with(value) == std::string("RUVECTOR_THREADS is '") + value +
                                        "', it must be a whole number from 1 to 256";
    })) << value;
  }
}

TEST(Runtime, SetNumThreadsCountsFromThenOn) {
  EXPECT_IN_A_NEW_PROCESS(([] {
    set_num_threads(256);
    const bool most = num_threads() == 256;
    set_num_threads(1);
    return most && num_threads() == 1;
  }));
}

TEST(Runtime, SetNumThreadsRefusesWhatIsOutsideTheLimits) {
  EXPECT_THROW(set_num_threads(0), std::invalid_argument);
  EXPECT_THROW(set_num_threads(257), std::invalid_argument);
}

}  // namespace
}  // namespace ruvector
