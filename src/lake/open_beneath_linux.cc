#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lake/open_beneath.h"

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

namespace ruvector::lake {
namespace {

// Negative with errno, as openat().
int open_by_kernel([[maybe_unused]] int directory, [[maybe_unused]] const char* name) {
#ifdef RESOLVE_BENEATH
  constexpr int kMaxRaces = 100;
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed meanwhile, and the kernel is not sure that it stayed inside.
  for (int race = 0; race < kMaxRaces; ++race) {
    const long fd = ::syscall(SYS_openat2, directory, name, &how, sizeof(how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
#else
  errno = ENOSYS;
#endif
  return -1;
}

}  // namespace

int open_beneath(int directory, const std::string& name) {
  const int fd = open_by_kernel(directory, name.c_str());
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL)) return fd;
  return open_without_openat2(directory, name);
}

}  // namespace ruvector::lake
