#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/cpu_affinity.h"
#include "base/windows_file.h"

namespace ruvector::base {

// A process of more than one group of 64 processors has no mask.
std::size_t affinity_cpus() {
  DWORD_PTR own = 0;
  DWORD_PTR all = 0;
  if (::GetProcessAffinityMask(::GetCurrentProcess(), &own, &all) != 0 && own != 0) {
    return static_cast<std::size_t>(std::popcount(std::uint64_t{own}));
  }
  return std::max<std::size_t>(1, ::GetActiveProcessorCount(ALL_PROCESSOR_GROUPS));
}

}  // namespace ruvector::base
