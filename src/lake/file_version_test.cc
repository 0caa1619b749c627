#include "lake/file_version.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "base/descriptor.h"
#include "base/digest.h"
#include "base/file_digest.h"
#include "lake/read_fully.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Clock = std::chrono::steady_clock;

class Version : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/file_version_test.XXXXXX";
    file_ = base::Descriptor(::mkstemp(name.data()));
    ASSERT_TRUE(file_);
    path_ = name;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  void put(const std::string& bytes, off_t offset = 0) {
    ASSERT_EQ(::pwrite(file_.get(), bytes.data(), bytes.size(), offset),
              static_cast<ssize_t>(bytes.size()));
  }

  base::Descriptor file_;
  std::filesystem::path path_;
};

TEST_F(Version, OfAFileThatNobodyTouchesStaysTheSame) {
  put("text");
  const FileVersion settled = settled_version_of(file_.get(), path_);
  EXPECT_EQ(settled.size, 4U);
  auto quickest = Clock::duration::max();
  for (int i = 0; i < 100; ++i) {  // a busy machine may take its time once, not each time
    const auto begin = Clock::now();
    EXPECT_EQ(settled_version_of(file_.get(), path_), settled);
    quickest = std::min(quickest, Clock::duration(Clock::now() - begin));
  }
  EXPECT_LT(quickest, std::chrono::milliseconds(15)) << "nothing to wait for";
  EXPECT_EQ(version_of(file_.get(), path_), settled);
}

TEST_F(Version, ChangesWithEveryChangeOnceItIsSettled) {
  put("text");
  FileVersion before = settled_version_of(file_.get(), path_);
  const auto expect_changed = [&](const char* what) {
    const FileVersion after = settled_version_of(file_.get(), path_);
    EXPECT_NE(after, before) << what;
    before = after;
  };
  for (int round = 0; round < 10; ++round) {
    put("TEXT");
    expect_changed("a write");
  }
  const timespec old[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::futimens(file_.get(), old), 0);
  expect_changed("old times");
  put("next");
  ASSERT_EQ(::futimens(file_.get(), old), 0);
  expect_changed("a write behind old times");
  ASSERT_EQ(::ftruncate(file_.get(), 2), 0);
  expect_changed("a truncation");
}

TEST_F(Version, AFileOfTheFutureIsSettledWhenItStandsStill) {
  const timespec future[2] = {{4'000'000'000, 5}, {4'000'000'000, 5}};
  ASSERT_EQ(::futimens(file_.get(), future), 0);
  EXPECT_EQ(settled_version_of(file_.get(), path_).modified_ns, 4'000'000'000'000'000'005);
}

TEST_F(Version, DigestsAreOfTheBytes) {
  std::string bytes(200'000, 'x');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 / 7);
  put(bytes);
  const std::string ends = bytes.substr(0, 65536) + bytes.substr(bytes.size() - 65536);
  EXPECT_EQ(digest_of_ends(file_.get(), bytes.size(), path_),
            base::to_hex(base::sha256(std::as_bytes(std::span(ends)))));
  EXPECT_EQ(digest_of_all(file_.get(), bytes.size(), path_),
            base::to_hex(base::file_digest(std::as_bytes(std::span(bytes)))));
  EXPECT_EQ(digest_of_ends(file_.get(), 0, path_), base::to_hex(base::sha256({})));
}

TEST_F(Version, AFileThatIsShorterThanItWasIsAnError) {
  put("text");
  const auto shorter = ThrowsMessage<PersistError>(HasSubstr("became shorter while it was read"));
  EXPECT_THAT([&] { digest_of_ends(file_.get(), 5, path_); }, shorter);
  EXPECT_THAT([&] { digest_of_all(file_.get(), 5, path_); }, shorter);
  std::byte bytes[2];
  read_fully(file_.get(), 2, bytes, path_);
  EXPECT_EQ(bytes[0], std::byte{'x'});
  EXPECT_THAT([&] { read_fully(file_.get(), 3, bytes, path_); }, shorter);
  EXPECT_THAT([&] { read_fully(-1, 0, bytes, path_); },
              ThrowsMessage<PersistError>(HasSubstr("read of 2 bytes at offset 0 failed")));
  EXPECT_THROW(version_of(-1, path_), PersistError);
}

}  // namespace
}  // namespace ruvector::lake
