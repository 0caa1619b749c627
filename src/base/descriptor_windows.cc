#include <io.h>

#include <cerrno>

#include "base/descriptor.h"
#include "base/windows_file.h"

namespace ruvector::base {

int close_descriptor(int fd) noexcept {
  return fd < 0 ? fail_with(ERROR_INVALID_HANDLE) : ::_close(fd);
}

int duplicate_descriptor(int fd) noexcept {
  if (fd < 0) return fail_with(ERROR_INVALID_HANDLE);  // its handle would be the process's own
  const HANDLE process = ::GetCurrentProcess();
  HANDLE copy = INVALID_HANDLE_VALUE;
  if (::DuplicateHandle(process, handle_of(fd), process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) ==
      0) {
    return fail_with_last_error();
  }
  return descriptor_of(copy);
}

}  // namespace ruvector::base
