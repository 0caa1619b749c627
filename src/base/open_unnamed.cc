#include "base/open_unnamed.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace ruvector::base {

int create_and_unlink(const std::filesystem::path& directory) {
  std::string name = (directory / "ruvector-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd >= 0) ::unlink(name.c_str());
  return fd;
}

}  // namespace ruvector::base
