#include "base/positioned_io.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "base/descriptor.h"
#include "base/directory_files.h"
#include "base/test_folder.h"

namespace ruvector::base {
namespace {

class PositionedIoTest : public testing::Test {
 protected:
  const TestFolder folder_;
  const Descriptor directory_{open_directory(folder_.path())};
  const Descriptor file_{create_in(directory_.get(), "file", "file")};
};

TEST_F(PositionedIoTest, BytesAreReadWhereTheyWereWritten) {
  ASSERT_EQ(write_all_at(file_.get(), "tail", 4, 5), 0);
  ASSERT_EQ(write_all_at(file_.get(), "head", 4, 0), 0);
  std::string text(20, '?');
  EXPECT_EQ(read_at(file_.get(), text.data(), text.size(), 0), 9);
  EXPECT_EQ(text.substr(0, 10), std::string("head\0tail?", 10));
  EXPECT_EQ(read_at(file_.get(), text.data(), 2, 6), 2);
  EXPECT_EQ(text.substr(0, 2), "ai");
}

TEST_F(PositionedIoTest, NothingIsReadAtTheEndAndBeyond) {
  ASSERT_EQ(write_all_at(file_.get(), "text", 4, 0), 0);
  char byte = 0;
  EXPECT_EQ(read_at(file_.get(), &byte, 1, 4), 0);
  EXPECT_EQ(read_at(file_.get(), &byte, 1, 1'000'000), 0);
}

// Above 4 GiB: both halves of an offset count. File systems leave the hole empty.
TEST_F(PositionedIoTest, OffsetsHave64Bits) {
  const std::uint64_t offset = (std::uint64_t{1} << 32U) + 5;
  ASSERT_EQ(write_all_at(file_.get(), "far", 3, offset), 0);
  ASSERT_EQ(write_all_at(file_.get(), "near", 4, 5), 0);
  std::string text(3, '?');
  EXPECT_EQ(read_at(file_.get(), text.data(), 3, offset), 3);
  EXPECT_EQ(text, "far");
}

TEST(PositionedIo, NoDescriptorIsRefused) {
  char byte = 0;
  EXPECT_EQ(read_at(-1, &byte, 1, 0), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(write_all_at(-1, &byte, 1, 0), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace ruvector::base
