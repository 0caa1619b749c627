// The plain statement of a "tree" sum, see kernels.h.
// Not thread-safe: one sum is of one thread. For sources of the scalar level alone: it has bodies.
#pragma once

#include <cmath>
#include <cstddef>

namespace ruvector::kernels::scalar {

// The accumulators: elements in rising order, missing ones of the last step of 16 as +0.
class Tree {
 public:
  void multiply_add(std::size_t i, float a, float b) {
    float& lane = lanes_[(i / kLanes) % 4][i % kLanes];
    lane = std::fma(a, b, lane);
  }

  // Completes the last step of 16 after n elements.
  void pad(std::size_t n) {
    for (; n % kLanes != 0; ++n) multiply_add(n, 0.0f, 0.0f);
  }

  float sum() const {
    float folded[kLanes];
    for (std::size_t j = 0; j < kLanes; ++j) {
      folded[j] = (lanes_[0][j] + lanes_[1][j]) + (lanes_[2][j] + lanes_[3][j]);
    }
    for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) folded[j] += folded[j + half];
    }
    return folded[0];
  }

 private:
  static constexpr std::size_t kLanes = 16;

  float lanes_[4][kLanes] = {};
};

}  // namespace ruvector::kernels::scalar
