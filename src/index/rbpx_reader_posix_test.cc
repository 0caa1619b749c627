#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "base/test_folder.h"
#include "base/test_sanitizers.h"
#include "index/rbpx_reader.h"
#include "index/rbpx_samples.h"

namespace ruvector::index {
namespace {

constexpr bool kShadowMemory = RUVECTOR_ADDRESS_SANITIZER != 0 || RUVECTOR_THREAD_SANITIZER != 0;

// Loads each file with little address space left, so that an allocation of what it claims fails.
int load_in_little_memory(const std::vector<std::filesystem::path>& paths) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{std::size_t{512} << 20U, std::size_t{512} << 20U};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(1);
    for (const auto& path : paths) {
      try {
        load_rbpx(path, Kind::rabitq_plus, {.verify = true});
        ::_exit(2);
      } catch (const PersistError&) {
      } catch (...) {
        ::_exit(3);
      }
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(RbpxReaderPosix, HostileLengthsAllocateNothing) {
  if (kShadowMemory) GTEST_SKIP() << "the sanitizer's own memory needs the address space";
  const base::TestFolder folder;
  std::vector<std::filesystem::path> paths;
  const auto keep = [&](const Bytes& bytes) {
    paths.push_back(folder.path() / ("hostile" + std::to_string(paths.size())));
    write_bytes(paths.back(), bytes);
  };
  EditableImage counts(serialize_rbpx(sample_state({})));
  counts.set(SectionType::parameters, offsetof(Parameters, count), std::uint64_t{100'000'000});
  keep(counts.seal());
  counts.set(SectionType::parameters, offsetof(Parameters, dim), 8192U);
  keep(counts.seal());
  EditableImage lengths(serialize_rbpx(sample_state({})));
  lengths.section(SectionType::rows).bytes = 3'200'000'000'000;
  keep(lengths.seal());
  // Version 1 with n = 10^8 and dim = 8192, and nothing behind it.
  const std::uint32_t v1[] = {0x78706272, 0x31303030, 1, 8192, 42, 0, 20, 100'000'000};
  const auto v1_bytes = std::as_bytes(std::span(v1));
  keep({v1_bytes.begin(), v1_bytes.end()});
  EXPECT_EQ(load_in_little_memory(paths), 0);
}

}  // namespace
}  // namespace ruvector::index
