#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <string>

#include "base/mapped_file.h"
#include "base/test_folder.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

class MappedFilePosixTest : public testing::Test {
 protected:
  std::filesystem::path make(const std::string& name, const std::string& content) const {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  const TestFolder folder_;
};

TEST_F(MappedFilePosixTest, OutlivesTheRemovalAndTheReplacementOfTheFile) {
  const auto path = make("removed", "old content");
  const auto file = MappedFile::open(path);
  std::filesystem::rename(make("new", "new content, longer"), path);
  std::filesystem::remove(path);
  EXPECT_EQ(std::memcmp(file->data(), "old content", 11), 0);
}

TEST_F(MappedFilePosixTest, RefusesAFifoWithoutWaitingForAWriter) {
  const auto path = make("fifo", "");
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT([&] { MappedFile::open(path); },
              testing::ThrowsMessage<PersistError>(testing::HasSubstr("is not a regular file")));
}

}  // namespace
}  // namespace ruvector::base
