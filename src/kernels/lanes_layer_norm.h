// Layer normalisation, see encoder_kernels.h. `Lanes` is of lanes.h.
#pragma once

#include <cstddef>

#include "kernels/lanes.h"

namespace ruvector::kernels {

// Calls visit(i, sum, part) for each step of 16 of `dim` elements, with the accumulator of a "tree"
// that the step belongs to, and returns the whole sum.
template <class Lanes, class Visit>
inline float tree_sum(std::size_t dim, const Visit& visit) {
  Lanes sums[4] = {Lanes::zero(), Lanes::zero(), Lanes::zero(), Lanes::zero()};
  std::size_t i = 0;
  for (; i + 4 * kLanes <= dim; i += 4 * kLanes) {
    for (std::size_t j = 0; j < 4; ++j) visit(i + kLanes * j, sums[j], Whole());
  }
  for (std::size_t j = 0; j < 4 && i < dim; ++j, i += kLanes) {
    visit(i, sums[j], Lanes::first(dim - i));
  }
  return fold(sums);
}

template <class Lanes>
inline void normalise_row(const float* x, const float* bias, const float* residual, std::size_t dim,
                          const float* scale, const float* shift, float epsilon, float* out) {
  const float share = 1.0f / static_cast<float>(dim);
  const auto add = [=](std::size_t i, Lanes& sum, auto part) {
    Lanes value = Lanes::load(x + i, part);
    if (bias != nullptr) value = value + Lanes::load(bias + i, part);
    if (residual != nullptr) value = value + Lanes::load(residual + i, part);
    value.store(out + i, part);
    sum = sum + value;
  };
  const Lanes mean = Lanes::broadcast(tree_sum<Lanes>(dim, add) * share);

  const auto square = [=](std::size_t i, Lanes& sum, auto part) {
    const Lanes difference = (Lanes::load(out + i, part) - mean).or_else(part, Lanes::zero());
    sum = fma(difference, difference, sum);
  };
  const float variance = tree_sum<Lanes>(dim, square) * share;
  const Lanes shrink = Lanes::broadcast(1.0f / __builtin_sqrtf(variance + epsilon));

  const auto finish = [=](std::size_t i, auto part) {
    const Lanes difference = Lanes::load(out + i, part) - mean;
    fma(difference * shrink, Lanes::load(scale + i, part), Lanes::load(shift + i, part))
        .store(out + i, part);
  };
  std::size_t i = 0;
  for (; i + kLanes <= dim; i += kLanes) finish(i, Whole());
  if (i < dim) finish(i, Lanes::first(dim - i));
}

template <class Lanes>
inline void normalise_rows(const float* x, const float* bias, const float* residual,
                           std::size_t rows, std::size_t dim, const float* scale,
                           const float* shift, float epsilon, float* out) {
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t start = row * dim;
    normalise_row<Lanes>(x + start, bias, residual != nullptr ? residual + start : nullptr, dim,
                         scale, shift, epsilon, out + start);
  }
}

}  // namespace ruvector::kernels
