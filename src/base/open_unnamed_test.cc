#include "base/open_unnamed.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>
#include <cerrno>

#include "base/test_folder.h"

namespace ruvector::base {
namespace {

TEST(OpenUnnamed, BothWaysMakeAFileOfNobodyElseThatIsNowhere) {
  const TestFolder folder;
  for (const auto make : {&open_unnamed, &create_and_unlink}) {
    const int fd = make(folder.path());
    ASSERT_GE(fd, 0);
    struct stat status{};
    EXPECT_EQ(::fstat(fd, &status), 0);
    EXPECT_EQ(status.st_nlink, 0U);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(::pwrite(fd, "text", 4, 0), 4);
    char text[4];
    EXPECT_EQ(::pread(fd, text, 4, 0), 4);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    ::close(fd);
  }
}

TEST(OpenUnnamed, BothWaysSayThatThereIsNoDirectory) {
  const TestFolder folder;
  for (const auto make : {&open_unnamed, &create_and_unlink}) {
    EXPECT_EQ(make(folder.path() / "missing"), -1);
    EXPECT_EQ(errno, ENOENT);
  }
}

}  // namespace
}  // namespace ruvector::base
