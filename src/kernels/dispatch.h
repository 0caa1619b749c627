// Which kernel table this process uses.
// Thread-safe: chosen once, at the first call.
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace ruvector::kernels {

// The best table that the processor runs and RUVECTOR_SIMD admits. Throws std::invalid_argument for
// an unknown or unavailable RUVECTOR_SIMD.
const KernelTable& active();

// Every table that this processor runs, scalar first.
std::vector<const KernelTable*> supported();

}  // namespace ruvector::kernels
