#include "index/byte_panels.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "index/magnitude.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

using kernels::kPanelColumns;

constexpr std::size_t kGroup = 4;  // dimensions that lie together in a panel
constexpr float kLevels = 127.0F;

std::size_t rounded_up(std::size_t count, std::size_t unit) {
  return (count + unit - 1) / unit * unit;
}

// A power of two that brings values of up to `largest` near one, so that data of any scale can be
// rounded to bytes. Its inverse is finite, too.
float normalising(float largest) {
  constexpr int kMost = 120;
  if (!(largest > 0)) return 1.0F;
  return std::ldexp(1.0F, -std::clamp(std::ilogb(largest), -kMost, kMost));
}

float length_of(const float* x, std::size_t n) {
  std::array<float, 2> sums;
  kernels::active().sums(x, n, sums.data());
  return std::sqrt(sums[1]);
}

}  // namespace

BytePanels::BytePanels(std::span<const float> vectors, std::size_t dim)
    : dim_(dim),
      depth_(rounded_up(dim, kGroup)),
      count_(vectors.size() / dim),
      bytes_(rounded_up(count_, kPanelColumns) * depth_),
      scales_(rounded_up(count_, kPanelColumns)),
      sums_(scales_.size()),
      errors_(count_) {
  const float scale = normalising(largest_magnitude(vectors.data(), vectors.size()));
  std::vector<float> off(dim);
  for (std::size_t i = 0; i < count_; ++i) {
    const float* vector = &vectors[i * dim];
    const float largest = scale * largest_magnitude(vector, dim);
    const float step = largest / kLevels;
    const float inverse = largest > kernels::kLeastQuantised ? kLevels / largest : 0.0F;
    std::int8_t* column = bytes_.mutable_data() + i / kPanelColumns * depth_ * kPanelColumns +
                          i % kPanelColumns * kGroup;
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < dim; ++d) {
      const auto value = static_cast<std::int8_t>(std::lround(scale * vector[d] * inverse));
      column[d / kGroup * kPanelColumns * kGroup + d % kGroup] = value;
      sum += value;
      off[d] = scale * vector[d] - step * static_cast<float>(value);
    }
    scales_.mutable_data()[i] = step / scale;
    sums_.mutable_data()[i] = sum;
    errors_.mutable_data()[i] = length_of(off.data(), dim) / scale;
  }
}

std::size_t BytePanels::bytes() const noexcept {
  return bytes_.size_bytes() + scales_.size_bytes() + sums_.size_bytes() + errors_.size_bytes();
}

void BytePanels::round(const float* rows, std::size_t count, Rounded& out) const {
  out.rows.resize(count * depth_);
  out.bytes.resize(count * depth_);
  out.scales.resize(count);
  out.inverses.resize(count);
  for (std::size_t i = 0; i < count; ++i, rows += dim_) {
    const float scale = normalising(largest_magnitude(rows, dim_));
    float* scaled = &out.rows[i * depth_];
    for (std::size_t d = 0; d < dim_; ++d) scaled[d] = rows[d] * scale;
    std::fill(scaled + dim_, scaled + depth_, 0.0F);
    out.inverses[i] = 1.0F / scale;
  }
  kernels::active().encoder.quantize_bytes(out.rows.data(), depth_, count, depth_, nullptr,
                                           out.bytes.data(), depth_, out.scales.data());
}

float BytePanels::error_of(Rounded& rounded, std::size_t row) const {
  float* off = &rounded.rows[row * depth_];
  const std::uint8_t* bytes = &rounded.bytes[row * depth_];
  const kernels::ByteScale scale = rounded.scales[row];
  for (std::size_t d = 0; d < dim_; ++d) {
    off[d] -= scale.scale * static_cast<float>(bytes[d] - scale.zero);
  }
  return length_of(off, dim_) * rounded.inverses[row];
}

void BytePanels::multiply(const Rounded& rounded, std::size_t first, std::size_t columns,
                          float* products, std::size_t stride) const {
  kernels::active().encoder.gemm_bytes({.bytes = rounded.bytes.data(),
                                        .stride = depth_,
                                        .scales = rounded.scales.data(),
                                        .exact = nullptr,
                                        .exact_stride = 0},
                                       rounded.scales.size(),
                                       {.bytes = bytes_.data() + first * depth_,
                                        .scales = scales_.data() + first,
                                        .sums = sums_.data() + first,
                                        .exact = nullptr,
                                        .exact_rows = 0},
                                       columns, depth_, products, stride);
}

}  // namespace ruvector::index
