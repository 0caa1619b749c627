#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/positioned_io.h"

namespace ruvector::base {
namespace {

constexpr std::size_t kLimit = std::size_t{1} << 30U;  // systems take less than 2 GiB at once

template <class Call>
std::ptrdiff_t repeated(const Call& call) noexcept {
  std::ptrdiff_t result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace

std::ptrdiff_t read_at(int fd, void* data, std::size_t size, std::uint64_t offset) noexcept {
  return repeated(
      [=] { return ::pread(fd, data, std::min(size, kLimit), static_cast<off_t>(offset)); });
}

std::ptrdiff_t write_at(int fd, const void* data, std::size_t size, std::uint64_t offset) noexcept {
  return repeated(
      [=] { return ::pwrite(fd, data, std::min(size, kLimit), static_cast<off_t>(offset)); });
}

}  // namespace ruvector::base
