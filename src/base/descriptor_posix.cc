#include "base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace ruvector::base {

// Linux frees the descriptor even when close() reports EINTR.
int close_descriptor(int fd) noexcept { return ::close(fd) == 0 || errno == EINTR ? 0 : -1; }

int duplicate_descriptor(int fd) noexcept { return ::fcntl(fd, F_DUPFD_CLOEXEC, 0); }

}  // namespace ruvector::base
