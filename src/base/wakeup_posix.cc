#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "ruvector/base/wakeup.h"

namespace ruvector {
namespace {

// POSIX before 2024 has no pipe2(): a program that another thread starts meanwhile inherits the
// pipe.
bool is_private_and_never_waits(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
         ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace

Wakeup::Wakeup() noexcept {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return;
  wait_fd_ = ends[0];
  notify_fd_ = ends[1];
  for (const int fd : ends) {
    if (is_private_and_never_waits(fd)) continue;
    const int error = errno;
    ::close(wait_fd_);
    ::close(notify_fd_);
    wait_fd_ = notify_fd_ = -1;
    errno = error;
    return;
  }
}

Wakeup::~Wakeup() {
  if (!is_open()) return;
  ::close(wait_fd_);
  ::close(notify_fd_);
}

// A pipe that is full is readable.
void Wakeup::notify() noexcept {
  const char one = 1;
  while (::write(notify_fd_, &one, 1) < 0 && errno == EINTR) {
  }
}

void Wakeup::reset() noexcept {
  std::array<char, 256> ignored;
  ssize_t count = 0;
  do {
    count = ::read(wait_fd_, ignored.data(), ignored.size());
  } while (count > 0 || (count < 0 && errno == EINTR));
}

}  // namespace ruvector
