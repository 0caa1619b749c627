#include "base/open_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "base/descriptor.h"
#include "base/file_status.h"
#include "base/path_text.h"
#include "base/positioned_io.h"
#include "base/test_folder.h"

namespace ruvector::base {
namespace {

TEST(OpenFile, OpensFilesOfAnyNameAndDirectories) {
  const TestFolder folder;
  for (const char* const name : {"plain", "k\u00e4se-\u65e5\u672c.txt", "two words"}) {
    const std::filesystem::path path = folder.path() / path_of_text(name);
    std::ofstream(path, std::ios::binary) << name;
    const Descriptor file(open_for_reading(path));
    ASSERT_TRUE(file) << name;
    std::string text(100, '?');
    text.resize(static_cast<std::size_t>(read_at(file.get(), text.data(), text.size(), 0)));
    EXPECT_EQ(text, name);
    EXPECT_EQ(path_text(path.filename()), name);
  }
  const Descriptor directory(open_for_reading(folder.path()));
  ASSERT_TRUE(directory);
  EXPECT_EQ(status_of(directory.get())->kind, FileKind::directory);
}

TEST(OpenFile, SaysThatThereIsNone) {
  const TestFolder folder;
  for (const auto& path : {folder.path() / "absent", folder.path() / "absent" / "file"}) {
    EXPECT_EQ(open_for_reading(path), -1);
    EXPECT_EQ(errno, ENOENT);
  }
}

TEST(OpenFile, LetsOthersRenameAndRemoveTheFile) {
  const TestFolder folder;
  const std::filesystem::path path = folder.path() / "file";
  std::ofstream(path, std::ios::binary) << "text";
  const Descriptor file(open_for_reading(path));
  std::filesystem::rename(path, folder.path() / "other");
  std::filesystem::remove(folder.path() / "other");
  char byte = 0;
  EXPECT_EQ(read_at(file.get(), &byte, 1, 3), 1);
  EXPECT_EQ(byte, 't');
}

}  // namespace
}  // namespace ruvector::base
