// What the system says about an open file. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>

namespace ruvector::base {

enum class FileKind { regular, directory, link, other };

struct FileStatus {
  FileKind kind = FileKind::other;
  // Two files that exist at the same time differ in these; Windows has up to 128 bits for the file.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t inode_high = 0;
  std::uint64_t size = 0;
  // Nanoseconds since 1970. When its bytes were changed: a user can set it back.
  std::int64_t modified_ns = 0;
  // When its bytes or what is known about it were changed: a user cannot set it back on POSIX, and
  // has to mean it on Windows, where no usual call does.
  std::int64_t changed_ns = 0;
};

// None with errno.
std::optional<FileStatus> status_of(int fd) noexcept;

}  // namespace ruvector::base
