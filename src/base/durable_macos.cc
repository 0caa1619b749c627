#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/durable.h"

namespace ruvector::base {
namespace {

template <class Call>
int repeated(const Call& call) noexcept {
  int result = 0;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

}  // namespace

// fsync() leaves the bytes in the cache of the disk here.
int make_durable(int fd) noexcept {
  if (repeated([fd] { return ::fcntl(fd, F_FULLFSYNC); }) != -1) return 0;
  return repeated(
      [fd] { return ::fsync(fd); });  // file systems that know no other, as those of networks
}

}  // namespace ruvector::base
