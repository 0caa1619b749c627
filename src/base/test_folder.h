// A folder for the files of a test.
#pragma once

#include <errno.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "base/test_program.h"

namespace ruvector::base {

// Empty at first, and removed with all in it. It lies in the folder for tests or for temporary
// files that the environment names (TEST_TMPDIR, TMPDIR), and is called after the test program. Its
// path has no `.`, `..` or doubled slash. Throws std::system_error when it cannot be made.
class TestFolder {
 public:
  TestFolder() {
    const std::filesystem::path parent = testing::TempDir();
    const std::string program = this_program().filename().string();
    std::string name = (parent / (program + ".XXXXXX")).lexically_normal().string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(),
                              "no folder for a test can be made in " + parent.string());
    }
    path_ = name;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace ruvector::base
