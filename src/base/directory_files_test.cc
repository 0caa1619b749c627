#include "base/directory_files.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>

#include "base/descriptor.h"
#include "base/path_text.h"
#include "base/positioned_io.h"
#include "base/test_folder.h"

namespace ruvector::base {
namespace {

class DirectoryFilesTest : public testing::Test {
 protected:
  void make(const std::string& name, const std::string& content) const {
    const Descriptor file(create_in(directory_.get(), name, name));
    ASSERT_EQ(write_all_at(file.get(), content.data(), content.size(), 0), 0);
  }
  std::string content(const std::string& name) const {
    std::ifstream file(folder_.path() / path_of_text(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  const TestFolder folder_;
  const Descriptor directory_{open_directory(folder_.path())};
};

TEST_F(DirectoryFilesTest, AFileIsMadeRenamedAndRemoved) {
  for (const std::string name : {"plain", "k\u00e4se-\u65e5\u672c", "two words", "a.b-c"}) {
    make(name + ".new", "text");
    EXPECT_EQ(rename_in(directory_.get(), name + ".new", name), 0) << name;
    EXPECT_EQ(content(name), "text") << name;
    EXPECT_EQ(kind_in(directory_.get(), name), FileKind::regular) << name;
    EXPECT_EQ(remove_in(directory_.get(), name), 0) << name;
    EXPECT_FALSE(kind_in(directory_.get(), name));
    EXPECT_EQ(errno, ENOENT);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(DirectoryFilesTest, ARenamedFileTakesThePlaceOfAnother) {
  make("old", "old content");
  make("new", "new");
  EXPECT_EQ(rename_in(directory_.get(), "new", "old"), 0);
  EXPECT_EQ(content("old"), "new");
  EXPECT_FALSE(kind_in(directory_.get(), "new"));
}

TEST_F(DirectoryFilesTest, AFileThatIsThereIsNotMadeAgain) {
  make("file", "text");
  EXPECT_EQ(create_in(directory_.get(), "file", "file"), -1);
  EXPECT_EQ(errno, EEXIST);
  EXPECT_EQ(content("file"), "text");
}

TEST_F(DirectoryFilesTest, ADirectoryKeepsItsPlace) {
  std::filesystem::create_directory(folder_.path() / "directory");
  make("file", "text");
  EXPECT_EQ(kind_in(directory_.get(), "directory"), FileKind::directory);
  EXPECT_EQ(rename_in(directory_.get(), "file", "directory"), -1);
  EXPECT_EQ(content("file"), "text");
}

TEST_F(DirectoryFilesTest, WhatIsNotThereIsSaidSo) {
  EXPECT_EQ(rename_in(directory_.get(), "absent", "file"), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(remove_in(directory_.get(), "absent"), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(open_directory(folder_.path() / "absent"), -1);
  EXPECT_EQ(errno, ENOENT);
  make("file", "text");
  EXPECT_EQ(open_directory(folder_.path() / "file"), -1);
  EXPECT_EQ(errno, ENOTDIR);
}

TEST(DirectoryFiles, NamesThatLeadElsewhereAreNone) {
  for (const char* const name : {"", ".", "..", "a/b", "../x", "/"}) {
    EXPECT_FALSE(can_name_a_file(name)) << name;
  }
  for (const char* const name :
       {"a", ".a", "a.b", "k\u00e4se", "two words", "..a", "com10", "nulls"}) {
    EXPECT_TRUE(can_name_a_file(name)) << name;
  }
}

}  // namespace
}  // namespace ruvector::base
