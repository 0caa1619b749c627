#include <cerrno>

#include "base/durable.h"
#include "base/file_status.h"
#include "base/windows_file.h"

namespace ruvector::base {

// A directory that was opened for reading only is not flushed: EINVAL, as where none need be.
int make_durable(int fd) noexcept {
  if (::FlushFileBuffers(handle_of(fd)) != 0) return 0;
  const DWORD error = ::GetLastError();
  const auto status = status_of(fd);
  if (status && status->kind == FileKind::directory) return fail_with(ERROR_INVALID_PARAMETER);
  return fail_with(error);
}

}  // namespace ruvector::base
