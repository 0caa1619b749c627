#include "base/file_times.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "base/test_folder.h"

namespace ruvector::base {
namespace {

TEST(FileTimes, AreThoseThatWereSetAndThatOfSettingThem) {
  const TestFolder folder;
  const std::filesystem::path path = folder.path() / "file";
  std::ofstream(path) << "text";
  const timespec times[2] = {{1, 2}, {1'234'567'890, 123'456'789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(modified_ns(status), 1'234'567'890'123'456'789);
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  EXPECT_NEAR(static_cast<double>(changed_ns(status)), static_cast<double>(now), 60e9);
}

}  // namespace
}  // namespace ruvector::base
