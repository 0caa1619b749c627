#include "lake/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

// Network file systems lock only what is open for writing; another user's file may not be.
int open_lock_file(const std::filesystem::path& path) {
  constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | kFlags, 0666);
  if (fd >= 0 || errno != EACCES) return fd;
  return ::open(path.c_str(), O_RDONLY | kFlags);
}

bool has_no_locks(int error) {
  return error == ENOLCK || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL ||
         error == EBADF;
}

}  // namespace

DirectoryLock::DirectoryLock(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kFileName;
  fd_ = open_lock_file(path);
  if (fd_ < 0) {
    throw PersistError(path, "cannot be opened: " + std::system_category().message(errno));
  }
  int result = 0;
  do {
    result = ::flock(fd_, LOCK_EX);
  } while (result != 0 && errno == EINTR);
  exclusive_ = result == 0;
  if (exclusive_ || has_no_locks(errno)) return;
  const int error = errno;
  ::close(fd_);
  throw PersistError(path, "cannot be locked: " + std::system_category().message(error));
}

DirectoryLock::~DirectoryLock() {
  // A process that was forked meanwhile holds a copy of the descriptor, and with it the lock.
  if (exclusive_) ::flock(fd_, LOCK_UN);
  ::close(fd_);
}

}  // namespace ruvector::lake
