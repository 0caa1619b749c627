#include "embed/pooling.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ruvector::embed {
namespace {

constexpr float kLeastLength = 1e-12f;

}  // namespace

bool pool(const kernels::KernelTable& kernels, std::span<const float> states, Pooling pooling,
          std::span<float> out) {
  const std::size_t dim = out.size();
  const std::size_t rows = states.size() / dim;
  std::ranges::copy(states.first(dim), out.begin());
  if (pooling == Pooling::mean) {
    for (std::size_t row = 1; row < rows; ++row) {
      for (std::size_t i = 0; i < dim; ++i) out[i] += states[row * dim + i];
    }
    for (float& value : out) value /= static_cast<float>(rows);
  }
  std::array<float, 2> sums{};
  kernels.sums(out.data(), dim, sums.data());
  const float length = std::sqrt(sums[1]);
  for (float& value : out) value /= std::max(length, kLeastLength);
  return std::isfinite(length);
}

}  // namespace ruvector::embed
