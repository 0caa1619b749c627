// The largest magnitude of some values.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace ruvector::index {

// max |x[i]|, 0 of none. Each lane has its own, so that the order written is one that vectors keep:
// a chain of maxima takes a microsecond for a few hundred values.
inline float largest_magnitude(const float* x, std::size_t n) {
  constexpr std::size_t kLanes = 32;  // GCC 12 unrolls a loop of fewer and does not vectorise it
  std::array<float, kLanes> largest{};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float value = std::fabs(x[i + lane]);
      largest[lane] = value > largest[lane] ? value : largest[lane];
    }
  }
  for (; i < n; ++i) largest[0] = std::max(largest[0], std::fabs(x[i]));
  return *std::max_element(largest.begin(), largest.end());
}

}  // namespace ruvector::index
