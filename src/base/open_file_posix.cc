#include <fcntl.h>

#include <cerrno>

#include "base/open_file.h"

namespace ruvector::base {

int open_for_reading(const std::filesystem::path& path) noexcept {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

}  // namespace ruvector::base
