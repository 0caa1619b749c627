#include "lake/open_beneath.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <optional>

#include "lake/confined_directory.h"

namespace ruvector::lake {
namespace {

// Non-blocking, so that a pipe in a file's place is refused instead of waited for.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
constexpr int kMaxLinks = 40;  // as the kernel's

// The target of a link in the directory; none of what is no link.
std::optional<std::string> link_target(int directory, const std::string& name) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

}  // namespace

int open_without_openat2(int directory, std::string name) {
  for (int links = 0; links <= kMaxLinks; ++links) {
    if (!is_file_name(name)) {
      errno = EXDEV;
      return -1;
    }
    const int fd = ::openat(directory, name.c_str(), kReadFlags);
    if (fd >= 0 || errno != ELOOP) return fd;
    const std::optional<std::string> target = link_target(directory, name);
    if (target) name = *target;  // else it was replaced meanwhile
  }
  errno = ELOOP;
  return -1;
}

}  // namespace ruvector::lake
