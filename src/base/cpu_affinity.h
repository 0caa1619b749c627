// Thread-safe.
#pragma once

#include <cstddef>

namespace ruvector::base {

// CPUs that the calling thread may run on, at least 1: those in its affinity mask, or all that the
// system has where there are no masks.
std::size_t affinity_cpus();

}  // namespace ruvector::base
