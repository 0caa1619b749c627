// Processes that write packed weights are killed at random moments. RUVECTOR_KILL_ROUNDS sets how
// often.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "base/test_program.h"
#include "embed/packed_weights.h"
#include "embed/test_environment.h"

extern char** environ;  // POSIX has it, but not every system's headers

namespace ruvector::embed {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFloats = 500'000;  // in each of two parts
constexpr const char* kFileVariable = "RUVECTOR_KILL_FILE";

// All values are `content`.
void write(const fs::path& path, float content) {
  const std::vector<float> values(kFloats, content);
  Parts parts;
  parts.put(std::span<const float>(values));
  parts.put(std::span<const float>(values));
  write_packed(path, PackedKey{}, parts);
}

// The child's part, which the test below starts this program for.
TEST(KilledWriter, DISABLED_WritesOneOfTwoContentsAfterTheOther) {
  const char* const file = std::getenv(kFileVariable);
  ASSERT_NE(file, nullptr);
  for (float content = 1;; content = 3 - content) write(file, content);
}

pid_t start_writer(const fs::path& file) {
  std::vector<std::string> texts = {
      "packed_kill_test", "--gtest_also_run_disabled_tests",
      "--gtest_filter=KilledWriter.DISABLED_WritesOneOfTwoContentsAfterTheOther",
      "--gtest_output="};
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  const ScopedVariable variable(kFileVariable, file.c_str());
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  EXPECT_EQ(::posix_spawn(&process, base::this_program().c_str(), &actions, nullptr,
                          arguments.data(), environ),
            0);
  ::posix_spawn_file_actions_destroy(&actions);
  return process;
}

// True when it was running until then.
bool kill_writer(pid_t process) {
  ::kill(process, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(process, &status, 0), process);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(PackedKillTest, TheFileIsWholeAfterEachKill) {
  const char* const wanted = std::getenv("RUVECTOR_KILL_ROUNDS");
  const int rounds = wanted == nullptr ? 20 : std::atoi(wanted);
  const base::TestFolder folder;
  const fs::path path = folder.path() / "packed" / "model.weights";
  write(path, 1);
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < rounds; ++round) {
    const auto before = fs::last_write_time(path);
    const pid_t writer = start_writer(path);
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (fs::last_write_time(path) == before && std::chrono::steady_clock::now() < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    ASSERT_TRUE(kill_writer(writer)) << "the writer ended by itself in round " << round;

    std::optional<PartReader> parts = read_packed(path, PackedKey{});
    ASSERT_TRUE(parts.has_value()) << "round " << round;
    const float content = parts->take<float>(kFloats)[0];
    const base::Array<float> second = parts->take<float>(kFloats);
    EXPECT_EQ(std::ranges::count(second, content), static_cast<std::ptrdiff_t>(kFloats));
  }
  write(path, 2);
  const auto files = std::distance(fs::directory_iterator(path.parent_path()), {});
  EXPECT_EQ(files, 1) << "what killed writers left is gone";
}

}  // namespace
}  // namespace ruvector::embed
