#include "base/file_status.h"

#include <sys/stat.h>

#include "base/file_times.h"

namespace ruvector::base {
namespace {

FileKind kind_of(mode_t mode) noexcept {
  if (S_ISREG(mode)) return FileKind::regular;
  if (S_ISDIR(mode)) return FileKind::directory;
  return S_ISLNK(mode) ? FileKind::link : FileKind::other;
}

}  // namespace

std::optional<FileStatus> status_of(int fd) noexcept {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return std::nullopt;
  FileStatus result;
  result.kind = kind_of(status.st_mode);
  result.device = static_cast<std::uint64_t>(status.st_dev);
  result.inode = static_cast<std::uint64_t>(status.st_ino);
  result.size = static_cast<std::uint64_t>(status.st_size);
  result.modified_ns = modified_ns(status);
  result.changed_ns = changed_ns(status);
  return result;
}

}  // namespace ruvector::base
