#include "lake/open_beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/descriptor.h"
#include "base/test_folder.h"

namespace ruvector::lake {
namespace {

namespace fs = std::filesystem;

// Both ways: that of this system, and that without its kernel's help.
class OpenBeneath : public testing::TestWithParam<int (*)(int directory, const std::string& name)> {
 protected:
  void SetUp() override {
    std::ofstream(outside_ / "secret") << "secret";
    fs::create_directory(inside_);
    std::ofstream(inside_ / "file") << "text";
    fs::create_symlink("file", inside_ / "near");
    fs::create_symlink("near", inside_ / "nearer");
    fs::create_symlink("gone", inside_ / "dangling");
    fs::create_symlink("loop", inside_ / "loop");
    fs::create_symlink("../secret", inside_ / "up");
    fs::create_symlink("up", inside_ / "near_up");
    fs::create_symlink(outside_ / "secret", inside_ / "absolute");
    fs::create_symlink("..", inside_ / "parent");
  }

  base::Descriptor open(const std::string& name) const {
    const base::Descriptor directory(::open(inside_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return base::Descriptor(GetParam()(directory.get(), name));
  }
  std::string text_of(const std::string& name) const {
    const base::Descriptor file = open(name);
    char text[16];
    const ssize_t size = ::pread(file.get(), text, sizeof(text), 0);
    return size < 0 ? "unreadable" : std::string(text, static_cast<std::size_t>(size));
  }

  const base::TestFolder folder_;
  const fs::path outside_ = folder_.path();
  const fs::path inside_ = outside_ / "inside";
};

TEST_P(OpenBeneath, OpensFilesAndLinksToThem) {
  for (const char* name : {"file", "near", "nearer"}) EXPECT_EQ(text_of(name), "text") << name;
}

TEST_P(OpenBeneath, SaysThatThereIsNone) {
  for (const char* name : {"missing", "dangling"}) {
    EXPECT_FALSE(open(name)) << name;
    EXPECT_EQ(errno, ENOENT) << name;
  }
}

TEST_P(OpenBeneath, RefusesWhatLeadsOut) {
  for (const std::string name :
       {"up", "near_up", "absolute", "parent", "..", "../secret", "/etc/hostname"}) {
    EXPECT_FALSE(open(name)) << name;
    EXPECT_EQ(errno, EXDEV) << name;
  }
}

TEST_P(OpenBeneath, FollowsNoCircle) {
  EXPECT_FALSE(open("loop"));
  EXPECT_EQ(errno, ELOOP);
}

INSTANTIATE_TEST_SUITE_P(Ways, OpenBeneath,
                         testing::Values(&open_beneath, [](int directory, const std::string& name) {
                           return open_without_openat2(directory, name);
                         }));

}  // namespace
}  // namespace ruvector::lake
