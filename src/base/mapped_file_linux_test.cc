// What only Linux tells: which pages of a mapping are in memory, of a file that was dropped from
// it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/test_folder.h"

namespace ruvector::base {
namespace {

TEST(MappedFileLinux, BytesOfRandomAccessAreFetchedPageByPage) {
  constexpr std::size_t kSize = std::size_t{64} << 20;
  const TestFolder folder;
  const auto path = folder.path() / "large";
  std::ofstream(path, std::ios::binary) << std::string(kSize, 'x');
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

}  // namespace
}  // namespace ruvector::base
