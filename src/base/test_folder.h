// A folder for the files of a test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <system_error>

#include "base/test_program.h"

namespace ruvector::base {

// Empty at first, and removed with all in it. It lies in the folder for tests or for temporary
// files that the environment names (TEST_TMPDIR, TMPDIR), and is called after the test program. Its
// path has no `.`, `..` or doubled slash. Throws std::filesystem::filesystem_error when it cannot
// be made.
class TestFolder {
 public:
  TestFolder() {
    const std::filesystem::path parent = testing::TempDir();
    const std::string program = this_program().filename().string();
    std::random_device random;
    do {
      const std::string name = program + "." + std::to_string(random());
      path_ = (parent / name).lexically_normal();
    } while (!std::filesystem::create_directory(path_));  // it is another's
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
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
