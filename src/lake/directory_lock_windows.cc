#include <cerrno>
#include <string>
#include <system_error>

#include "base/descriptor.h"
#include "base/file_status.h"
#include "base/windows_file.h"
#include "lake/directory_lock.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

// Another user's file may not be open for writing.
int open_lock_file(const std::filesystem::path& path) {
  const auto open = [&](DWORD access, DWORD disposition) {
    return ::CreateFileW(path.c_str(), access, base::kShareAll, nullptr, disposition,
                         FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  };
  const HANDLE file = open(GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS);
  if (file != INVALID_HANDLE_VALUE || ::GetLastError() != ERROR_ACCESS_DENIED) {
    return base::descriptor_of(file);
  }
  return base::descriptor_of(open(GENERIC_READ, OPEN_EXISTING));
}

// Others cannot read what is locked: it lies behind all that a file can have.
OVERLAPPED locked_place() noexcept {
  OVERLAPPED place{};
  place.Offset = 0;
  place.OffsetHigh = 0x7fffffff;
  return place;
}

bool has_no_locks(DWORD error) {
  return error == ERROR_INVALID_FUNCTION || error == ERROR_NOT_SUPPORTED;
}

}  // namespace

DirectoryLock::DirectoryLock(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kFileName;
  base::Descriptor file(open_lock_file(path));
  if (!file) {
    throw PersistError(path, "cannot be opened: " + std::generic_category().message(errno));
  }
  const auto status = base::status_of(file.get());
  if (!status || status->kind != base::FileKind::regular) {
    throw PersistError(path, "cannot be opened: it is no regular file");
  }
  OVERLAPPED place = locked_place();
  exclusive_ =
      ::LockFileEx(base::handle_of(file.get()), LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &place) != 0;
  const DWORD error = exclusive_ ? ERROR_SUCCESS : ::GetLastError();
  if (!exclusive_ && !has_no_locks(error)) {
    base::fail_with(error);
    throw PersistError(path, "cannot be locked: " + std::generic_category().message(errno));
  }
  fd_ = file.release();
}

DirectoryLock::~DirectoryLock() {
  OVERLAPPED place = locked_place();
  if (exclusive_) ::UnlockFileEx(base::handle_of(fd_), 0, 1, 0, &place);
  base::close_descriptor(fd_);
}

}  // namespace ruvector::lake
