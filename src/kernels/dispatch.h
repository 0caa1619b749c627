// Which kernel table this process uses.
// Thread-safe: chosen once, at the first call.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/kernels.h"

namespace ruvector::kernels {

// The best table that the processor runs and RUVECTOR_SIMD admits. Throws std::invalid_argument for
// an unknown or unavailable RUVECTOR_SIMD.
const KernelTable& active();

// Every table that this processor runs, scalar first, best last.
std::vector<const KernelTable*> supported();

// The table of that name among `tables`, the last one for an empty name. Throws
// std::invalid_argument for a name that is not there.
const KernelTable& choose(std::string_view name, const std::vector<const KernelTable*>& tables);

// What active() finds at its first call: looks at RUVECTOR_SIMD every time.
const KernelTable& choose_from_environment();

}  // namespace ruvector::kernels
