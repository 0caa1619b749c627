#include "base/unnamed_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

namespace fs = std::filesystem;

fs::path empty_directory(const std::string& name) {
  const fs::path directory = fs::path(testing::TempDir()) / ("unnamed_file_test_" + name);
  fs::remove_all(directory);
  fs::create_directories(directory);
  return directory;
}

TEST(UnnamedFile, KeepsWhatIsWrittenAfterTheObjectIsGone) {
  const fs::path directory = empty_directory("keeps");
  std::shared_ptr<const MappedFile> mapped;
  {
    UnnamedFile file(directory);
    file.append("hello ", 6);
    file.append("world", 5);
    file.patch(0, "J", 1);
    EXPECT_EQ(file.size(), 11u);
    mapped = file.map();
  }
  ASSERT_EQ(mapped->size(), 11u);
  EXPECT_EQ(std::memcmp(mapped->data(), "Jello world", 11), 0);
}

TEST(UnnamedFile, LeavesNothingInTheDirectoryWhenNobodyUsesItAnyMore) {
  const fs::path directory = empty_directory("nothing");
  std::shared_ptr<const MappedFile> mapped;
  {
    UnnamedFile file(directory);
    file.append("x", 1);
    mapped = file.map();
  }
  EXPECT_EQ(mapped->bytes()[0], std::byte{'x'});
  mapped.reset();
  EXPECT_TRUE(fs::is_empty(directory));
}

TEST(UnnamedFile, AMissingDirectoryIsAnErrorThatNamesIt) {
  const fs::path directory = empty_directory("missing") / "not there";
  try {
    const UnnamedFile file(directory);
    FAIL() << "the directory does not exist";
  } catch (const PersistError& error) {
    EXPECT_EQ(error.path(), directory);
  }
}

}  // namespace
}  // namespace ruvector::base
