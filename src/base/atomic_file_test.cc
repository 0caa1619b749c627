#include "base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/path_text.h"
#include "base/process.h"
#include "base/test_folder.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_atomically(const std::filesystem::path& path, const std::string& content) {
  AtomicFile file(path);
  file.append(content.data(), content.size());
  file.commit();
}

class AtomicFileTest : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return directory_ / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  const TestFolder folder_;
  const std::filesystem::path directory_ = folder_.path();
};

TEST_F(AtomicFileTest, WhatWasAppendedCanBeReadBeforeAndAfterItHasItsName) {
  AtomicFile file(path("a"));
  file.append("head....", 8);
  const auto mapped = file.map();
  file.append("tail", 4);
  file.commit();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(mapped->data()), mapped->size()), "head....");
  EXPECT_THROW(file.map(), PersistError);
}

TEST_F(AtomicFileTest, TheFileAppearsWholeAtCommit) {
  AtomicFile file(path("a"));
  file.append("head....", 8);
  file.append("body", 4);
  EXPECT_EQ(file.size(), 12u);
  EXPECT_FALSE(std::filesystem::exists(path("a")));
  file.patch(4, "sums", 4);
  file.commit();
  EXPECT_EQ(read_file(path("a")), "headsumsbody");
  EXPECT_THAT(names(), testing::ElementsAre("a"));
}

TEST_F(AtomicFileTest, WithoutCommitTheOldContentStaysAndNothingElse) {
  write_atomically(path("a"), "old");
  {
    AtomicFile file(path("a"));
    file.append("new", 3);
    EXPECT_EQ(names().size(), 2u);
  }
  EXPECT_EQ(read_file(path("a")), "old");
  EXPECT_THAT(names(), testing::ElementsAre("a"));
}

TEST_F(AtomicFileTest, APatchBeyondTheWrittenBytesIsRefused) {
  AtomicFile file(path("a"));
  file.append("12345678", 8);
  EXPECT_THROW(file.patch(5, "1234", 4), std::invalid_argument);
  EXPECT_THROW(file.patch(~std::uint64_t{0}, "1234", 4), std::invalid_argument);
  file.patch(8, nullptr, 0);
  file.commit();
  EXPECT_EQ(read_file(path("a")), "12345678");
}

TEST_F(AtomicFileTest, NothingMayFollowACommit) {
  AtomicFile file(path("a"));
  file.commit();
  EXPECT_THROW(file.append("x", 1), PersistError);
  EXPECT_THROW(file.commit(), PersistError);
  EXPECT_EQ(read_file(path("a")), "");
}

TEST_F(AtomicFileTest, ErrorsNameThePathAndTheReason) {
  EXPECT_THROW(AtomicFile{directory_}, PersistError);
  EXPECT_THROW(AtomicFile{path("a/")}, PersistError);
  try {
    AtomicFile file(path("absent/a"));
    FAIL() << "opened a file in a directory that does not exist";
  } catch (const PersistError& error) {
    EXPECT_EQ(error.path(), path("absent/a"));
    EXPECT_THAT(error.what(), testing::HasSubstr("No such file or directory"));
  }
}

TEST_F(AtomicFileTest, NamesMayHaveAnyCharacters) {
  const std::filesystem::path name = path_of_text("k\u00e4se-\u65e5\u672c \U0001f600");
  write_atomically(directory_ / name, "old");
  write_atomically(directory_ / name, "new");
  EXPECT_EQ(read_file(directory_ / name), "new");
  // Cut within the temporary name, between two characters.
  std::string long_name;
  while (long_name.size() + 3 <= 255) long_name += "\u65e5";
  for (const char* const before : {"", "a", "ab"}) {
    const auto temporary = temporary_path(directory_ / path_of_text(before + long_name));
    EXPECT_LE(path_text(temporary.filename()).size(), 255u);
    write_atomically(temporary, "x");
    EXPECT_EQ(path_text(temporary.filename()).substr(1, 20), (before + long_name).substr(0, 20));
  }
}

TEST_F(AtomicFileTest, LongNamesWork) {
  const std::string name(255, 'n');
  write_atomically(path(name), "x");
  EXPECT_EQ(read_file(path(name)), "x");
}

TEST_F(AtomicFileTest, ATemporaryFileOfALivingProcessIsNotStale) {
  const AtomicFile file(path("a.b-c.1"));
  ASSERT_EQ(names().size(), 1u);
  EXPECT_FALSE(is_stale_temporary(path(names()[0])));
}

TEST_F(AtomicFileTest, ATemporaryPathIsNewAndIsThatOfAFileBeingWritten) {
  const auto first = temporary_path(path("a"));
  const auto second = temporary_path(path("a"));
  EXPECT_NE(first, second);
  EXPECT_EQ(first.parent_path(), directory_);
  EXPECT_THAT(first.filename().string(),
              testing::StartsWith(".a." + std::to_string(this_process())));
  EXPECT_FALSE(is_stale_temporary(first));
  write_atomically(first, "x");  // its own temporary name still fits
  EXPECT_EQ(read_file(first), "x");
  EXPECT_THAT(names(), testing::ElementsAre(first.filename().string()));
}

TEST(AtomicFile, OtherNamesAreNotStaleTemporaries) {
  for (const char* name :
       {"a", ".a", ".ruvector-tmp", "..ruvector-tmp", ".a.x-1-2.ruvector-tmp",
        ".a.-1-1-2.ruvector-tmp", ".a.0-1-2.ruvector-tmp", "a.999999999-1-2.ruvector-tmp",
        ".a.99999999999999999999-1-2.ruvector-tmp", ".a.999999999.ruvector-tmp", ""}) {
    EXPECT_FALSE(is_stale_temporary(name)) << name;
  }
  EXPECT_TRUE(is_stale_temporary("some/.a.999999999-1-2.ruvector-tmp"));
}

}  // namespace
}  // namespace ruvector::base
