#include <fcntl.h>

#include <cerrno>

#include "base/open_unnamed.h"

namespace ruvector::base {

int open_unnamed(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  return create_and_unlink(directory);  // some file systems have no such files
}

}  // namespace ruvector::base
