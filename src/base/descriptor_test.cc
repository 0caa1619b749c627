#include "base/descriptor.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "base/open_file.h"
#include "base/positioned_io.h"
#include "base/test_folder.h"

namespace ruvector::base {
namespace {

class DescriptorTest : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(path_, std::ios::binary) << "text"; }
  Descriptor open() const { return Descriptor(open_for_reading(path_)); }
  static char first_byte(const Descriptor& file) {
    char byte = 0;
    return read_at(file.get(), &byte, 1, 0) == 1 ? byte : '?';
  }

  const TestFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "file";
};

TEST_F(DescriptorTest, MovesToOneOwner) {
  Descriptor first = open();
  ASSERT_TRUE(first);
  const int fd = first.get();
  Descriptor second = std::move(first);
  EXPECT_FALSE(first);
  EXPECT_EQ(second.get(), fd);
  first = std::move(second);
  EXPECT_EQ(first.release(), fd);
  EXPECT_FALSE(first);
  EXPECT_EQ(close_descriptor(fd), 0);
}

TEST_F(DescriptorTest, ADuplicateOutlivesTheFirst) {
  Descriptor first = open();
  const Descriptor copy(duplicate_descriptor(first.get()));
  ASSERT_TRUE(copy);
  EXPECT_NE(copy.get(), first.get());
  first = Descriptor();
  EXPECT_EQ(first_byte(copy), 't');
}

TEST(Descriptor, NoneIsRefused) {
  EXPECT_FALSE(Descriptor());
  EXPECT_EQ(close_descriptor(-1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(duplicate_descriptor(-1), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace ruvector::base
