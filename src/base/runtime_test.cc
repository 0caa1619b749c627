#include "ruvector/base/runtime.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>

#include "base/cpu_quota.h"

namespace ruvector {
namespace {

// Runs `body` in a child, where the number of threads has not been asked for yet.
bool succeeds_in_a_new_process(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string message_with(const char* value) {
  ::setenv("RUVECTOR_THREADS", value, 1);
  try {
    num_threads();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(Runtime, TheDefaultIsTheCpusOfTheProcessButAtMostEight) {
  EXPECT_TRUE(succeeds_in_a_new_process([] {
    ::unsetenv("RUVECTOR_THREADS");
    return num_threads() == std::min<std::size_t>(8, base::available_cpus());
  }));
}

TEST(Runtime, TheEnvironmentChangesTheDefault) {
  EXPECT_TRUE(succeeds_in_a_new_process([] {
    ::setenv("RUVECTOR_THREADS", "13", 1);
    return num_threads() == 13;
  }));
}

TEST(Runtime, AWrongValueInTheEnvironmentIsNamed) {
  for (const char* value : {"0", "257", "-1", "two", "4x", " 4", "99999999999999999999"}) {
    EXPECT_TRUE(succeeds_in_a_new_process([value] {
      return message_with(value) == std::string("RUVECTOR_THREADS is '") + value +
                                        "', it must be a whole number from 1 to 256";
    })) << value;
  }
}

TEST(Runtime, SetNumThreadsCountsFromThenOn) {
  EXPECT_TRUE(succeeds_in_a_new_process([] {
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
