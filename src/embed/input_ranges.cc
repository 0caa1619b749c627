#include "embed/input_ranges.h"

#include <algorithm>
#include <cmath>

namespace ruvector::embed {

void InputRanges::see(const FloatRows& x, std::size_t inputs) {
  std::vector<float>& ranges = ranges_.emplace_back(inputs, 0.0f);
  for (std::size_t row = 0; row < x.count; ++row) {
    const float* values = x.data + row * x.stride;
    for (std::size_t i = 0; i < inputs; ++i) ranges[i] = std::max(ranges[i], std::fabs(values[i]));
  }
}

}  // namespace ruvector::embed
