#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "ruvector/base/wakeup.h"

namespace ruvector {

Wakeup::Wakeup() noexcept
    : wait_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), notify_fd_(wait_fd_) {}

Wakeup::~Wakeup() {
  if (is_open()) ::close(wait_fd_);
}

void Wakeup::notify() noexcept {
  const std::uint64_t one = 1;
  while (::write(notify_fd_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

void Wakeup::reset() noexcept {
  std::uint64_t ignored = 0;
  while (::read(wait_fd_, &ignored, sizeof(ignored)) < 0 && errno == EINTR) {
  }
}

}  // namespace ruvector
