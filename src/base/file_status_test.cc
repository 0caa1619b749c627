#include "base/file_status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <fstream>

#include "base/descriptor.h"
#include "base/open_file.h"
#include "base/test_folder.h"

namespace ruvector::base {
namespace {

class FileStatusTest : public testing::Test {
 protected:
  std::filesystem::path make(const char* name, const char* content) const {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  static FileStatus status(const std::filesystem::path& path) {
    const Descriptor file(open_for_reading(path));
    return status_of(file.get()).value();
  }

  const TestFolder folder_;
};

TEST_F(FileStatusTest, HasTheSizeAndTheKind) {
  EXPECT_EQ(status(make("file", "12345")).size, 5u);
  EXPECT_EQ(status(make("file", "12345")).kind, FileKind::regular);
  EXPECT_EQ(status(folder_.path()).kind, FileKind::directory);
}

TEST_F(FileStatusTest, TellsFilesApartAndKnowsOneByAnotherName) {
  const FileStatus first = status(make("first", "x"));
  const FileStatus second = status(make("second", "x"));
  EXPECT_EQ(first.device, second.device);
  EXPECT_TRUE(first.inode != second.inode || first.inode_high != second.inode_high);
  std::filesystem::rename(folder_.path() / "first", folder_.path() / "third");
  const FileStatus third = status(folder_.path() / "third");
  EXPECT_EQ(first.inode, third.inode);
  EXPECT_EQ(first.inode_high, third.inode_high);
}

TEST_F(FileStatusTest, HasTheTimeThatWasSetAndThatOfSettingIt) {
  using std::chrono::nanoseconds;
  const auto path = make("file", "x");
  // Windows counts in steps of 100 ns.
  const nanoseconds wanted(1'234'567'890'123'456'700);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_of_files = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(
      path, now_of_files + std::chrono::duration_cast<std::filesystem::file_time_type::duration>(
                               wanted - now));
  const FileStatus found = status(path);
  // Between the two clocks lies a moment.
  EXPECT_NEAR(static_cast<double>(found.modified_ns), static_cast<double>(wanted.count()), 1e9);
  EXPECT_NEAR(static_cast<double>(found.changed_ns),
              static_cast<double>(std::chrono::duration_cast<nanoseconds>(now).count()), 60e9);
}

TEST(FileStatus, OfNoDescriptorThereIsNone) {
  EXPECT_FALSE(status_of(-1).has_value());
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace ruvector::base
