#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_atomically(const std::filesystem::path& path, const std::string& content) {
  AtomicFile file(path);
  file.append(content.data(), content.size());
  file.commit();
}

class AtomicFilePosixTest : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return directory_ / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  mode_t mode(const std::string& name) const {
    struct stat status{};
    EXPECT_EQ(::stat(path(name).c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  const TestFolder folder_;
  const std::filesystem::path directory_ = folder_.path();
};

TEST_F(AtomicFilePosixTest, ANewFileGetsThePermissionsThatTheUmaskLeaves) {
  const mode_t before = ::umask(027);
  write_atomically(path("a"), "x");
  ::umask(before);
  EXPECT_EQ(mode("a"), 0640u);
}

TEST_F(AtomicFilePosixTest, AnExistingFileKeepsItsPermissions) {
  write_atomically(path("a"), "x");
  ASSERT_EQ(::chmod(path("a").c_str(), 0604), 0);
  write_atomically(path("a"), "y");
  EXPECT_EQ(mode("a"), 0604u);
  EXPECT_EQ(read_file(path("a")), "y");
}

TEST_F(AtomicFilePosixTest, ASymbolicLinkStaysAndItsTargetIsReplaced) {
  std::filesystem::create_directory(path("target"));
  write_atomically(path("target/file"), "old");
  std::filesystem::create_symlink("target/file", path("first"));
  std::filesystem::create_symlink(path("first"), path("second"));
  write_atomically(path("second"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("first")));
  EXPECT_TRUE(std::filesystem::is_symlink(path("second")));
  EXPECT_EQ(read_file(path("target/file")), "new");
}

TEST_F(AtomicFilePosixTest, ALinkToAFileThatDoesNotExistYetCreatesIt) {
  std::filesystem::create_symlink("absent", path("link"));
  write_atomically(path("link"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_EQ(read_file(path("absent")), "new");
}

TEST_F(AtomicFilePosixTest, LinksInACircleAreAnError) {
  std::filesystem::create_symlink("loop", path("loop"));
  EXPECT_THROW(AtomicFile{path("loop")}, PersistError);
}

TEST_F(AtomicFilePosixTest, AnOpenDirectoryIsWrittenToAndNoLinkInItIsFollowed) {
  const int directory = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(directory, 0);
  write_atomically(path("target"), "old");
  std::filesystem::create_symlink("target", path("link"));
  {
    AtomicFile file(directory, "new", path("new"));
    file.append("text", 4);
    file.commit();
  }
  EXPECT_EQ(read_file(path("new")), "text");
  for (const char* name : {"link", "", ".", "..", "a/b", "../x"}) {
    EXPECT_THAT([&] { AtomicFile(directory, name, "shown"); },
                testing::ThrowsMessage<PersistError>(testing::StartsWith("shown: ")))
        << name;
  }
  {
    AtomicFile file(directory, "swapped", path("swapped"));
    std::filesystem::create_symlink("target", path("swapped"));
    file.append("text", 4);
    file.commit();
  }
  EXPECT_EQ(read_file(path("target")), "old") << "a link that came later is replaced itself";
  EXPECT_FALSE(std::filesystem::is_symlink(path("swapped")));
  EXPECT_EQ(::close(directory), 0) << "still open";
  EXPECT_THROW(AtomicFile(directory, "new", path("new")), PersistError);
  EXPECT_THAT(names(), testing::UnorderedElementsAre("link", "new", "swapped", "target"));
}

// The limit on file size makes write() come back short and then fail, as a full disk does.
TEST_F(AtomicFilePosixTest, AWriteThatDoesNotFitThrowsAndLeavesTheOldFileAlone) {
  write_atomically(path("a"), "old");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int result = 1;
    try {
      AtomicFile file(path("a"));
      const std::string content(300'000, 'x');
      try {
        file.append(content.data(), content.size());
      } catch (const PersistError& error) {
        const std::string message = error.what();
        const bool names_reason = message.find("File too large") != std::string::npos;
        result = names_reason && names().size() == 1 ? 0 : 2;
      }
    } catch (...) {
      result = 3;
    }
    ::_exit(result);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(read_file(path("a")), "old");
}

TEST_F(AtomicFilePosixTest, AForkedChildDoesNotRemoveTheFileOfItsParent) {
  auto file = std::make_unique<AtomicFile>(path("a"));
  file->append("x", 1);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    file.reset();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  file->commit();
  EXPECT_EQ(read_file(path("a")), "x");
}

constexpr std::size_t kRewrittenSize = 200'004;

// Gives the file a content that is one letter throughout, in several writes and a patch.
void rewrite(const std::filesystem::path& path, char letter) {
  const std::string piece((kRewrittenSize - 4) / 4, letter);
  AtomicFile file(path);
  file.append("\0\0\0\0", 4);
  for (int i = 0; i < 4; ++i) file.append(piece.data(), piece.size());
  const std::string head(4, letter);
  file.patch(0, head.data(), head.size());
  file.commit();
}

// Starts with a letter that the child of the round before hardly left.
[[noreturn]] void rewrite_for_ever(const std::filesystem::path& path, char first) {
  for (char letter = first;; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1)) {
    rewrite(path, letter);
  }
}

TEST_F(AtomicFilePosixTest, AKillAtAnyMomentLeavesTheOldOrTheNewContentWhole) {
  const auto target = path("a");
  const auto start = std::chrono::steady_clock::now();
  for (const char letter : {'X', 'Y', 'Z'}) rewrite(target, letter);
  const std::chrono::duration<double, std::micro> three = std::chrono::steady_clock::now() - start;
  Random random(50);
  std::size_t replaced = 0;
  for (int round = 0; round < 50; ++round) {
    const std::string before = read_file(target);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) rewrite_for_ever(target, round % 2 == 0 ? 'a' : 'n');
    ::usleep(static_cast<useconds_t>(random.uniform_float() * three.count()));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::string after = read_file(target);
    ASSERT_EQ(after.size(), kRewrittenSize);
    ASSERT_EQ(after, std::string(after.size(), after[0]));
    replaced += after != before ? 1 : 0;
  }
  // The kills fell before the first rename in some rounds and after it in others.
  EXPECT_GT(replaced, 0u);
  EXPECT_GT(names().size(), 1u) << "no kill fell into a rewrite";
  for (const std::string& name : names()) {
    EXPECT_EQ(is_stale_temporary(path(name)), name != "a") << name;
  }
}

}  // namespace
}  // namespace ruvector::base
