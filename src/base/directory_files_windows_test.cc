#include <gtest/gtest.h>

#include "base/directory_files.h"

namespace ruvector::base {
namespace {

TEST(DirectoryFilesWindows, NamesThatWindowsWouldTakeForSomethingElseAreNone) {
  for (const char* const name :
       {"a\\b", "C:", "file:stream", "NUL", "nul", "nul.txt", "Com1", "LPT9.x", "CONIN$", "aux .b",
        "ends.", "ends ", "a*", "a?", "a<b", "a|b", "a\"b", "a\nb"}) {
    EXPECT_FALSE(can_name_a_file(name)) << name;
  }
}

}  // namespace
}  // namespace ruvector::base
