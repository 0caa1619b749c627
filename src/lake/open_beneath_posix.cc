#include "lake/open_beneath.h"

namespace ruvector::lake {

int open_beneath(int directory, const std::string& name) {
  return open_without_openat2(directory, name);
}

}  // namespace ruvector::lake
