#include "embed/verified_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file_times.h"
#include "embed/test_environment.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Path = std::filesystem::path;

// FIPS 180-2.
const ModelFile kAbc = {
    .name = "abc",
    .size = 3,
    .sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};

class VerifiedFiles : public testing::Test {
 protected:
  // A file that was changed a while ago, as far as a test can have that: the time of its last
  // change of status is always now, so it is waited for.
  Path settled(std::string_view content) const {
    const Path path = caches_.path() / "abc";
    write_file(path, content);
    struct stat status{};
    for (;;) {
      ::stat(path.c_str(), &status);
      const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
      if (now > base::changed_ns(status) + 2'000'000'000) return path;
      ::usleep(10'000);
    }
  }

  Path note() const { return caches_.path() / ".cache/ruvector/models/.verified" / kAbc.sha256; }

  // Other bytes of the same length, which a note must not hide; the times are as before as far as
  // a program can have that.
  static void falsify(const Path& path) {
    const auto time = std::filesystem::last_write_time(path);
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << "abx";
    std::filesystem::last_write_time(path, time);
  }

  ScopedCaches caches_;
};

TEST_F(VerifiedFiles, TheDigestIsThatOfTheStandard) {
  EXPECT_EQ(sha256_of_file(settled("abc")), kAbc.sha256);
  const Path large = caches_.path() / "large";
  write_file(large, std::string(1'000'000, 'a'));  // FIPS 180-2 again
  EXPECT_EQ(sha256_of_file(large),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_F(VerifiedFiles, OnlyThePinnedBytesPass) {
  const Path path = caches_.path() / "abc";
  EXPECT_FALSE(has_pinned_bytes(path, kAbc, Verification::remembered));
  write_file(path, "abc");
  EXPECT_TRUE(has_pinned_bytes(path, kAbc, Verification::remembered));
  for (const char* const wrong : {"abx", "ab", "abcd", ""}) {
    write_file(path, wrong);
    EXPECT_FALSE(has_pinned_bytes(path, kAbc, Verification::remembered)) << wrong;
  }
  EXPECT_FALSE(has_pinned_bytes(caches_.path(), kAbc, Verification::anew));
}

TEST_F(VerifiedFiles, ASettledFileIsRemembered) {
  const Path path = settled("abc");
  ASSERT_TRUE(has_pinned_bytes(path, kAbc, Verification::remembered));
  EXPECT_TRUE(std::filesystem::exists(note()));
  // It is not read again: to root no file is unreadable, so a note about other bytes must do.
  const Path other = caches_.path() / "other";
  write_file(other, "abx");
  struct stat status{};
  ASSERT_EQ(::stat(other.c_str(), &status), 0);
  std::ofstream(note(), std::ios::app)
      << status.st_size << " " << status.st_ino << " " << base::modified_ns(status) << " "
      << base::changed_ns(status) << "\n";
  EXPECT_TRUE(has_pinned_bytes(other, kAbc, Verification::remembered));
  EXPECT_FALSE(has_pinned_bytes(other, kAbc, Verification::anew));
}

TEST_F(VerifiedFiles, AFileThatChangedJustNowIsNotRemembered) {
  const Path path = caches_.path() / "abc";
  write_file(path, "abc");
  ASSERT_TRUE(has_pinned_bytes(path, kAbc, Verification::remembered));
  EXPECT_FALSE(std::filesystem::exists(note()));
}

TEST_F(VerifiedFiles, AChangeThatKeepsTheSizeAndTheTimeIsSeen) {
  const Path path = settled("abc");
  ASSERT_TRUE(has_pinned_bytes(path, kAbc, Verification::remembered));
  falsify(path);
  EXPECT_FALSE(has_pinned_bytes(path, kAbc, Verification::remembered));
}

TEST_F(VerifiedFiles, ADamagedNoteIsOfNoEffect) {
  const Path path = settled("abc");
  for (const std::string& text : {std::string("\0\xff garbage", 10), std::string(100'000, '7')}) {
    write_file(note(), text);
    EXPECT_TRUE(has_pinned_bytes(path, kAbc, Verification::remembered));
    falsify(path);
    EXPECT_FALSE(has_pinned_bytes(path, kAbc, Verification::remembered));
    write_file(path, "abc");
  }
}

TEST_F(VerifiedFiles, ANoteStaysSmall) {
  write_file(note(), "");
  for (int line = 0; line < 1000; ++line) std::ofstream(note(), std::ios::app) << line << "\n";
  ASSERT_TRUE(has_pinned_bytes(settled("abc"), kAbc, Verification::remembered));
  EXPECT_LT(std::filesystem::file_size(note()), 2000u);
}

TEST_F(VerifiedFiles, ACacheThatCannotBeWrittenIsNoError) {
  const Path path = settled("abc");
  write_file(caches_.path() / ".cache", "a file where a folder is to be made");
  EXPECT_TRUE(has_pinned_bytes(path, kAbc, Verification::remembered));
  EXPECT_TRUE(has_pinned_bytes(path, kAbc, Verification::remembered));
}

TEST_F(VerifiedFiles, APipeIsNotWaitedFor) {
  const Path path = caches_.path() / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(has_pinned_bytes(path, kAbc, Verification::anew));
}

TEST_F(VerifiedFiles, WhatCannotBeReadIsAnErrorThatNamesIt) {
  try {
    sha256_of_file(caches_.path() / "nothing");
    FAIL();
  } catch (const EmbedError& error) {
    EXPECT_NE(std::string(error.what()).find("nothing: No such file"), std::string::npos);
  }
}

}  // namespace
}  // namespace ruvector::embed
