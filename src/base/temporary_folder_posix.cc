#include <cstdlib>

#include "base/temporary_folder.h"

namespace ruvector::base {

std::filesystem::path temporary_folder() {
  const char* const named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

}  // namespace ruvector::base
