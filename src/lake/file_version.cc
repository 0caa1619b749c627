#include "lake/file_version.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "base/digest.h"
#include "base/file_digest.h"
#include "base/file_status.h"
#include "lake/read_fully.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kTick = std::chrono::milliseconds(20);  // of any kernel's clock
constexpr nanoseconds kCoarseTick = std::chrono::seconds(2);  // of file systems without ns
constexpr std::chrono::seconds kPatience(3);                  // with a file that changes
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kEndBytes = 64 << 10;

nanoseconds tick_of(const FileVersion& version) {
  const bool whole = version.modified_ns % kSecond == 0 && version.changed_ns % kSecond == 0;
  return whole ? kCoarseTick : kTick;
}

nanoseconds age_of(const FileVersion& version) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<nanoseconds>(now) - nanoseconds(version.changed_ns);
}

}  // namespace

FileVersion version_of(int fd, const std::filesystem::path& path) {
  const auto status = base::status_of(fd);
  if (!status) {
    throw PersistError(path, "cannot be examined: " + std::generic_category().message(errno));
  }
  return {status->device, status->inode,       status->inode_high,
          status->size,   status->modified_ns, status->changed_ns};
}

FileVersion settled_version_of(int fd, const std::filesystem::path& path) {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  FileVersion version = version_of(fd, path);
  while (true) {
    const nanoseconds tick = tick_of(version);
    const nanoseconds age = age_of(version);
    if (age >= tick) return version;
    // A time in the future is of another clock: what counts is that it stands still for a tick.
    std::this_thread::sleep_for(std::min(tick, tick - age));
    const FileVersion later = version_of(fd, path);
    if (later == version) return version;
    if (std::chrono::steady_clock::now() > give_up) {
      throw PersistError(path,
                         "goes on changing, for " + std::to_string(kPatience.count()) + " s now");
    }
    version = later;
  }
}

std::string digest_of_ends(int fd, std::uint64_t size, const std::filesystem::path& path) {
  std::vector<std::byte> end(static_cast<std::size_t>(std::min(size, kEndBytes)));
  base::Hasher hasher(base::Hasher::Algorithm::sha256);
  for (const std::uint64_t offset : {std::uint64_t{0}, size - end.size()}) {
    read_fully(fd, offset, end, path);
    hasher.update(end);
  }
  return base::to_hex(hasher.finish());
}

std::string digest_of_all(int fd, std::uint64_t size, const std::filesystem::path& path) {
  return base::to_hex(base::file_digest(size, [&](std::uint64_t offset, std::span<std::byte> out) {
    read_fully(fd, offset, out, path);
  }));
}

}  // namespace ruvector::lake
