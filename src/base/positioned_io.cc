#include "base/positioned_io.h"

namespace ruvector::base {

int write_all_at(int fd, const void* data, std::size_t size, std::uint64_t offset) noexcept {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const std::ptrdiff_t written = write_at(fd, next, size, offset);
    if (written < 0) return -1;
    next += written;
    offset += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return 0;
}

}  // namespace ruvector::base
