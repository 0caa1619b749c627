#include "lake/confined_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/test_folder.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

class Confined : public ::testing::Test {
 protected:
  void SetUp() override {
    put(outside_ / "secret", "secret");
    put(inside_ / "file", "text");
    fs::create_directory(inside_ / "folder");
    fs::create_symlink("file", inside_ / "near");
    fs::create_symlink("near", inside_ / "nearer");
    fs::create_symlink("gone", inside_ / "dangling");
    fs::create_symlink("loop", inside_ / "loop");
    fs::create_symlink("../secret", inside_ / "up");
    fs::create_symlink(outside_ / "secret", inside_ / "absolute");
    fs::create_symlink("..", inside_ / "parent");
    fs::create_symlink("/proc/self/cwd", inside_ / "magic");
    fs::create_symlink("up", inside_ / "near_up");
    ASSERT_EQ(::mkfifo((inside_ / "pipe").c_str(), 0600), 0);
  }

  const base::TestFolder folder_;
  const fs::path outside_ = folder_.path();
  const fs::path inside_ = outside_ / "inside";
  const std::unique_ptr<ConfinedDirectory> directory_ =
      std::make_unique<ConfinedDirectory>(inside_);
};

std::string text_of(int fd) {
  char text[16];
  const ssize_t size = ::pread(fd, text, sizeof(text), 0);
  return size < 0 ? "unreadable" : std::string(text, static_cast<std::size_t>(size));
}

TEST_F(Confined, FilesAndLinksToThemAreOpened) {
  for (const char* name : {"file", "near", "nearer"}) {
    EXPECT_EQ(text_of(directory_->open(name).get()), "text") << name;
  }
  EXPECT_FALSE(directory_->open("gone"));
  EXPECT_FALSE(directory_->open("dangling"));
}

TEST_F(Confined, WhatLeadsOutIsRefused) {
  for (const char* name : {"up", "absolute", "near_up", "parent", "../secret", "/etc/hostname"}) {
    EXPECT_THAT([&] { directory_->open(name); },
                ThrowsMessage<PersistError>(HasSubstr("leads out of its folder")))
        << name;
  }
  for (const char* name : {"magic", "loop", "folder", "pipe", "."}) {
    EXPECT_THROW(directory_->open(name), PersistError) << name;
  }
}

TEST_F(Confined, OnlyWhatCanBeOpenedIsListed) {
  EXPECT_THAT(directory_->names(), UnorderedElementsAre("file", "near", "nearer"));
  fs::remove_all(inside_);
  EXPECT_THROW(directory_->names(), PersistError);
}

TEST_F(Confined, AFileIsReplacedAndALinkIsNot) {
  base::AtomicFile file = directory_->replace("file");
  file.append("new", 3);
  file.commit();
  EXPECT_EQ(text_of(directory_->open("near").get()), "new");
  for (const char* name : {"near", "up", "dangling", "folder", "pipe", "..", "", "a/b"}) {
    EXPECT_THROW(directory_->replace(name), PersistError) << name;
  }
  EXPECT_FALSE(fs::exists(inside_ / "gone"));
  std::ifstream secret(outside_ / "secret");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(secret), {}), "secret");
}

TEST_F(Confined, ItsOwnPathMayBeALink) {
  fs::create_directory_symlink(inside_, outside_ / "link");
  EXPECT_EQ(text_of(ConfinedDirectory(outside_ / "link").open("file").get()), "text");
}

}  // namespace
}  // namespace ruvector::lake
