#include <unistd.h>

#include <cerrno>

#include "base/durable.h"

namespace ruvector::base {

int make_durable(int fd) noexcept {
  int result = 0;
  do {
    result = ::fsync(fd);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace ruvector::base
