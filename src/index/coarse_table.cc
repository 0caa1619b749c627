#include "index/coarse_table.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

using kernels::kPanelColumns;

constexpr std::size_t kByteGroup = 4;  // dimensions that lie together in a panel of bytes
constexpr float kByteLevels = 127.0F;
constexpr std::size_t kLineFloats = 16;  // in a cache line

float largest_of(const float* x, std::size_t n) {
  float largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
  return largest;
}

// A power of two that brings values of up to `largest` near one, so that data of any scale can be
// rounded to bytes. Its inverse is finite, too.
float normalising(float largest) {
  constexpr int kMost = 120;
  if (!(largest > 0)) return 1.0F;
  return std::ldexp(1.0F, -std::clamp(std::ilogb(largest), -kMost, kMost));
}

}  // namespace

CoarseTable::CoarseTable(std::span<const float> centroids, std::span<const float> centre)
    : centre_(centre.begin(), centre.end()),
      squares_(centroids.size() / centre.size()),
      with_centre_(squares_.size()),
      moved_(centroids.size()),
      byte_depth_((centre.size() + kByteGroup - 1) / kByteGroup * kByteGroup) {
  const kernels::KernelTable& kernel = kernels::active();
  const std::size_t dim = centre.size();
  float* moved = moved_.mutable_data();
  for (std::size_t list = 0; list < list_count(); ++list, moved += dim) {
    move(&centroids[list * dim], moved);
    std::array<float, 2> sums;
    kernel.sums(moved, dim, sums.data());
    squares_[list] = sums[1];
    kernel.dot_rows(centre.data(), moved, dim, nullptr, 1, &with_centre_[list]);
  }
  pack();
  pack_bytes();
}

std::size_t CoarseTable::columns() const {
  return (list_count() + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
}

void CoarseTable::pack() {
  const std::size_t dim = centre_.size();
  packed_ = base::Array<float>(columns() * dim);
  float* packed = packed_.mutable_data();
  for (std::size_t list = 0; list < list_count(); ++list) {
    const float* moved = moved_.data() + list * dim;
    float* column = packed + list / kPanelColumns * dim * kPanelColumns + list % kPanelColumns;
    for (std::size_t d = 0; d < dim; ++d) column[d * kPanelColumns] = moved[d];
  }
}

void CoarseTable::pack_bytes() {
  const std::size_t dim = centre_.size();
  bytes_ = base::Array<std::int8_t>(columns() * byte_depth_);
  byte_scales_ = base::Array<float>(columns());
  byte_sums_ = base::Array<std::int32_t>(columns());
  const float scale = normalising(largest_of(moved_.data(), moved_.size()));
  for (std::size_t list = 0; list < list_count(); ++list) {
    const float* moved = moved_.data() + list * dim;
    const float largest = scale * largest_of(moved, dim);
    const float inverse = largest > kernels::kLeastQuantised ? kByteLevels / largest : 0.0F;
    std::int8_t* column = bytes_.mutable_data() +
                          list / kPanelColumns * byte_depth_ * kPanelColumns +
                          list % kPanelColumns * kByteGroup;
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < dim; ++d) {
      const auto value = static_cast<std::int8_t>(std::lround(scale * moved[d] * inverse));
      column[d / kByteGroup * kPanelColumns * kByteGroup + d % kByteGroup] = value;
      sum += value;
    }
    byte_scales_.mutable_data()[list] = largest / kByteLevels / scale;
    byte_sums_.mutable_data()[list] = sum;
  }
}

std::size_t CoarseTable::bytes() const noexcept {
  return moved_.size_bytes() + packed_.size_bytes() + bytes_.size_bytes() +
         byte_scales_.size_bytes() + byte_sums_.size_bytes();
}

void CoarseTable::move(const float* query, float* moved) const {
  for (std::size_t d = 0; d < centre_.size(); ++d) moved[d] = query[d] - centre_[d];
}

float CoarseTable::product(std::size_t list, const float* moved) const {
  const std::size_t dim = centre_.size();
  float result = 0;
  kernels::active().dot_rows(moved, moved_.data() + list * dim, dim, nullptr, 1, &result);
  return result;
}

void CoarseTable::fetch(std::size_t list) const {
  const float* moved = moved_.data() + list * centre_.size();
  for (std::size_t d = 0; d < centre_.size(); d += kLineFloats) __builtin_prefetch(moved + d);
}

void CoarseTable::compare(const float* queries, std::size_t count, float* products) const {
  const std::size_t dim = centre_.size();
  std::vector<float> moved(count * dim);
  for (std::size_t q = 0; q < count; ++q) move(queries + q * dim, &moved[q * dim]);
  kernels::active().gemm(moved.data(), dim, count, packed_.data(), list_count(), dim, products,
                         list_count());
}

void CoarseTable::estimate(const float* queries, std::size_t count, float* products) const {
  const kernels::EncoderKernels& kernel = kernels::active().encoder;
  const std::size_t dim = centre_.size();
  std::vector<float> moved(count * byte_depth_);
  std::vector<float> scales(count);
  for (std::size_t q = 0; q < count; ++q) {
    float* row = &moved[q * byte_depth_];
    move(queries + q * dim, row);
    scales[q] = normalising(largest_of(row, dim));
    for (std::size_t d = 0; d < dim; ++d) row[d] *= scales[q];
  }
  std::vector<std::uint8_t> bytes(moved.size());
  std::vector<kernels::ByteScale> byte_scales(count);
  kernel.quantize_bytes(moved.data(), byte_depth_, count, byte_depth_, nullptr, bytes.data(),
                        byte_depth_, byte_scales.data());
  kernel.gemm_bytes({.bytes = bytes.data(),
                     .stride = byte_depth_,
                     .scales = byte_scales.data(),
                     .exact = nullptr,
                     .exact_stride = 0},
                    count,
                    {.bytes = bytes_.data(),
                     .scales = byte_scales_.data(),
                     .sums = byte_sums_.data(),
                     .exact = nullptr,
                     .exact_rows = 0},
                    list_count(), byte_depth_, products, list_count());
  for (std::size_t q = 0; q < count; ++q) {
    float* row = products + q * list_count();
    const float inverse = 1.0F / scales[q];
    for (std::size_t list = 0; list < list_count(); ++list) row[list] *= inverse;
  }
}

}  // namespace ruvector::index
