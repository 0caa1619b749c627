#include "index/coarse_table.h"

#include <array>

#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

using kernels::kPanelColumns;

constexpr std::size_t kLineFloats = 16;  // in a cache line

}  // namespace

CoarseTable::CoarseTable(std::span<const float> centroids, std::span<const float> centre)
    : centre_(centre.begin(), centre.end()),
      squares_(centroids.size() / centre.size()),
      with_centre_(squares_.size()),
      moved_(centroids.size()) {
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
  bytes_ = BytePanels(moved_.span(), dim);
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

std::size_t CoarseTable::bytes() const noexcept {
  return moved_.size_bytes() + packed_.size_bytes() + bytes_.bytes();
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
  const std::size_t dim = centre_.size();
  std::vector<float> moved(count * dim);
  for (std::size_t q = 0; q < count; ++q) move(queries + q * dim, &moved[q * dim]);
  BytePanels::Rounded rounded;
  bytes_.round(moved.data(), count, rounded);
  bytes_.multiply(rounded, 0, list_count(), products, list_count());
  for (std::size_t q = 0; q < count; ++q) {
    float* row = products + q * list_count();
    for (std::size_t list = 0; list < list_count(); ++list) row[list] *= rounded.inverses[q];
  }
}

}  // namespace ruvector::index
