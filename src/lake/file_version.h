// Which content an open file has, by what the system says about it: equal versions of a file mean
// equal content, once the clock has gone on.
// Thread-safe: functions of their arguments. Errors are PersistErrors that name `path`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace ruvector::lake {

struct FileVersion {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t inode_high = 0;  // zero where an inode has 64 bits
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // a user can set it back,
  std::int64_t changed_ns = 0;   // but not this one, on Windows not by any usual call
  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

FileVersion version_of(int fd, const std::filesystem::path& path);

// The same, when any later change will show in it: two changes within a tick of the kernel's clock
// leave the same times, so this waits until the last one is older than a tick. Throws when the file
// goes on changing for seconds. The times of a write are those of its beginning: one that takes
// longer than a tick, or a writer that rests amid a version for that long, is not seen.
FileVersion settled_version_of(int fd, const std::filesystem::path& path);

// SHA-256, in hexadecimal, of the first and the last 64 KiB (which overlap in a short file).
std::string digest_of_ends(int fd, std::uint64_t size, const std::filesystem::path& path);
// base::file_digest() of all bytes, in hexadecimal.
std::string digest_of_all(int fd, std::uint64_t size, const std::filesystem::path& path);

}  // namespace ruvector::lake
