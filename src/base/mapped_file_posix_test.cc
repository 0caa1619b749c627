#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

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

TEST_F(MappedFilePosixTest, BytesOfRandomAccessAreFetchedPageByPage) {
  constexpr std::size_t kSize = std::size_t{64} << 20;
  const auto path = make("large", std::string(kSize, 'x'));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ::fsync(fd);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
  const auto file = MappedFile::open(path);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto pages_in_memory = [&] {
    std::vector<unsigned char> there(kSize / page);
    ::mincore(const_cast<std::byte*>(file->data()), kSize, there.data());
    return std::count_if(there.begin(), there.end(), [](unsigned char p) { return (p & 1) != 0; });
  };
  if (pages_in_memory() != 0) GTEST_SKIP() << "this file system keeps its files in memory";
  advise_random(file->bytes());
  EXPECT_EQ(file->bytes()[kSize / 2], std::byte{'x'});
  EXPECT_EQ(pages_in_memory(), 1);
  advise_normal(file->bytes());
  EXPECT_EQ(file->bytes()[0], std::byte{'x'});
  EXPECT_GT(pages_in_memory(), 2);
}

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
