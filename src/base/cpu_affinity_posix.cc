#include <algorithm>
#include <thread>

#include "base/cpu_affinity.h"

namespace ruvector::base {

std::size_t affinity_cpus() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace ruvector::base
