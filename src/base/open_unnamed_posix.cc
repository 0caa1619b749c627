#include "base/open_unnamed.h"

namespace ruvector::base {

int open_unnamed(const std::filesystem::path& directory) { return create_and_unlink(directory); }

}  // namespace ruvector::base
