#include "base/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <string>

#include "base/path_text.h"
#include "base/test_folder.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

class MappedFileTest : public testing::Test {
 protected:
  std::filesystem::path make(const std::string& name, const std::string& content) const {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  const TestFolder folder_;
};

std::string message_of_opening(const std::filesystem::path& path) {
  try {
    MappedFile::open(path);
  } catch (const PersistError& error) {
    EXPECT_EQ(error.path(), path);
    return error.what();
  }
  return "no error";
}

TEST_F(MappedFileTest, ShowsTheBytesOfTheFile) {
  const std::string content(10'000, 'x');
  const auto path = make("bytes", content);
  const auto file = MappedFile::open(path);
  ASSERT_EQ(file->size(), content.size());
  EXPECT_EQ(std::memcmp(file->data(), content.data(), content.size()), 0);
  EXPECT_EQ(file->bytes().size(), content.size());
  EXPECT_EQ(file->path(), path);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file->data()) % 4096, 0u);
  advise_random(file->bytes());
  advise_normal(file->bytes().subspan(5'000));
  EXPECT_EQ(file->bytes().back(), std::byte{'x'});
}

TEST_F(MappedFileTest, AnEmptyFileIsEmpty) {
  const auto file = MappedFile::open(make("empty", ""));
  EXPECT_EQ(file->size(), 0u);
  EXPECT_EQ(file->data(), nullptr);
  advise_normal(file->bytes());
  EXPECT_TRUE(file->bytes().empty());
}

TEST_F(MappedFileTest, SaysWhyAFileCannotBeOpened) {
  EXPECT_THAT(message_of_opening("no/such/file"),
              testing::AllOf(testing::StartsWith("no/such/file: "),
                             testing::HasSubstr("No such file or directory")));
}

TEST_F(MappedFileTest, RefusesADirectory) {
  EXPECT_THAT(message_of_opening(testing::TempDir()), testing::HasSubstr("is a directory"));
}

}  // namespace
}  // namespace ruvector::base
