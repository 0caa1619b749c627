#include <sched.h>

#include <algorithm>
#include <vector>

#include "base/cpu_affinity.h"

namespace ruvector::base {

std::size_t affinity_cpus() {
  // A kernel built for more CPUs than cpu_set_t has refuses it with EINVAL; then ask with more.
  for (std::size_t sets = 1; sets <= 64; sets *= 2) {
    std::vector<cpu_set_t> mask(sets);
    const std::size_t bytes = sets * sizeof(cpu_set_t);
    if (::sched_getaffinity(0, bytes, mask.data()) == 0) {
      return static_cast<std::size_t>(std::max(1, CPU_COUNT_S(bytes, mask.data())));
    }
  }
  return 1;
}

}  // namespace ruvector::base
