#include "process_generation.h"

namespace ruvector::bindings {

// Nothing is forked here.
unsigned process_generation() noexcept { return 0; }

}  // namespace ruvector::bindings
