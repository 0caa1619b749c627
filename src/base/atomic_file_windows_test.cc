#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "base/test_variable.h"
#include "base/windows_file.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

constexpr const char* kTargetVariable = "RUVECTOR_TEST_REWRITTEN";
constexpr std::size_t kRewrittenSize = 200'004;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

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

// This program again, with one test.
class Child {
 public:
  explicit Child(const std::string& test) {
    std::wstring line = L"\"" + this_program().wstring() + L"\" --gtest_filter=" +
                        std::wstring(test.begin(), test.end());
    STARTUPINFOW start{};
    start.cb = sizeof(start);
    EXPECT_NE(::CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr,
                               &start, &process_),
              0);
  }
  ~Child() {
    ::CloseHandle(process_.hThread);
    ::CloseHandle(process_.hProcess);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() const {
    EXPECT_NE(::TerminateProcess(process_.hProcess, 1), 0);
    EXPECT_EQ(::WaitForSingleObject(process_.hProcess, 30'000), WAIT_OBJECT_0);
  }

 private:
  PROCESS_INFORMATION process_{};
};

TEST(AtomicFileWindows, IsRewrittenForEverByTheChildOfTheNextTest) {
  const char* const target = std::getenv(kTargetVariable);
  if (target == nullptr || *target == '\0') GTEST_SKIP() << "this is not the child";
  for (char letter = 'a';; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1)) {
    try {
      rewrite(target, letter);
    } catch (const PersistError&) {
      continue;  // the parent was reading it
    }
  }
}

TEST(AtomicFileWindows, AKillAtAnyMomentLeavesTheOldOrTheNewContentWhole) {
  const TestFolder folder;
  const auto target = folder.path() / "a";
  rewrite(target, 'X');
  set_variable(kTargetVariable, target.string());
  Random random(50);
  std::size_t replaced = 0;
  for (int round = 0; round < 12; ++round) {
    const std::string before = read_file(target);
    const std::size_t names_before = names_in(folder.path()).size();
    const Child child("AtomicFileWindows.IsRewrittenForEverByTheChildOfTheNextTest");
    // Until it writes, and then some rewrites.
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (names_in(folder.path()).size() == names_before &&
           std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(
        std::chrono::microseconds(static_cast<int>(random.uniform_float() * 20'000)));
    child.kill();
    const std::string after = read_file(target);
    ASSERT_EQ(after.size(), kRewrittenSize);
    ASSERT_EQ(after, std::string(after.size(), after[0]));
    replaced += after != before ? 1 : 0;
    for (const std::string& name : names_in(folder.path())) {
      if (name == "a") continue;
      EXPECT_TRUE(is_stale_temporary(folder.path() / name)) << name;
      std::filesystem::remove(folder.path() / name);
    }
  }
  remove_variable(kTargetVariable);
  EXPECT_GT(replaced, 0u);
}

// By POSIX semantics where the system has them; else it is refused, and nothing has happened.
TEST(AtomicFileWindows, AFileThatIsMappedIsReplacedOrRefused) {
  const TestFolder folder;
  const auto target = folder.path() / "a";
  rewrite(target, 'X');
  const auto mapped = MappedFile::open(target);
  try {
    rewrite(target, 'Y');
    EXPECT_EQ(read_file(target)[0], 'Y');
  } catch (const PersistError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("or a program has it open or mapped"));
    EXPECT_EQ(read_file(target), std::string(kRewrittenSize, 'X'));
  }
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("a"));
  EXPECT_EQ(mapped->bytes().back(), std::byte{'X'});
}

TEST(AtomicFileWindows, AFileKeepsItsAccessList) {
  const TestFolder folder;
  const auto target = folder.path() / "a";
  rewrite(target, 'X');
  const auto access_list = [&] {
    DWORD size = 0;
    ::GetFileSecurityW(target.c_str(), DACL_SECURITY_INFORMATION, nullptr, 0, &size);
    std::vector<std::byte> list(size);
    EXPECT_NE(
        ::GetFileSecurityW(target.c_str(), DACL_SECURITY_INFORMATION, list.data(), size, &size), 0);
    return list;
  };
  // Nobody else.
  std::filesystem::permissions(target, std::filesystem::perms::owner_all);
  const auto before = access_list();
  rewrite(target, 'Y');
  EXPECT_EQ(access_list(), before);
}

}  // namespace
}  // namespace ruvector::base
