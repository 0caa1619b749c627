#include "base/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "base/test_folder.h"
#include "base/test_variable.h"

namespace ruvector::base {
namespace {

TEST(TemporaryFolder, IsWhatTheEnvironmentNames) {
  const char* const set = std::getenv(kTemporaryVariable);
  const std::optional<std::string> before = set == nullptr ? std::nullopt : std::optional(set);
  const TestFolder folder;
  for (const auto& wanted : {folder.path(), folder.path() / "absent"}) {
    set_variable(kTemporaryVariable, wanted.string());
    EXPECT_EQ((temporary_folder() / "x").lexically_normal(), wanted / "x");
  }
  remove_variable(kTemporaryVariable);
  EXPECT_TRUE(temporary_folder().is_absolute());
  if (before) set_variable(kTemporaryVariable, *before);
}

}  // namespace
}  // namespace ruvector::base
