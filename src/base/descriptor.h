// An open file or directory, closed at the end. Functions that make one give a number, or -1 with
// errno, as POSIX does; on Windows it is the C runtime's, which holds a handle of the system.
// Not thread-safe.
#pragma once

#include <utility>

namespace ruvector::base {

// 0, or -1 with errno: bytes that were written are lost. It is closed in any case.
int close_descriptor(int fd) noexcept;

// Another one of the same file, which programs that are started do not inherit.
int duplicate_descriptor(int fd) noexcept;

class Descriptor {
 public:
  // Takes over `fd`; negative: none.
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close_descriptor(fd_);
  }

  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

}  // namespace ruvector::base
