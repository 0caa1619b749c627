#include "index/nearest_centroid.h"

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kPanel = kernels::kPanelColumns;
constexpr std::size_t kCentroidsAtOnce = 4 * kPanel;  // products with a tile of rows stay in L2
constexpr std::size_t kLanes = 16;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

static_assert(kCentroidsAtOnce % kLanes == 0);

std::size_t rounded_up(std::size_t count, std::size_t unit) {
  return (count + unit - 1) / unit * unit;
}

std::vector<float> mean_of(std::span<const float> centroids, std::size_t dim) {
  std::vector<double> sums(dim);
  const std::size_t lists = centroids.size() / dim;
  for (std::size_t list = 0; list < lists; ++list) {
    const float* centroid = &centroids[list * dim];
    for (std::size_t d = 0; d < dim; ++d) sums[d] += static_cast<double>(centroid[d]);
  }
  std::vector<float> mean(dim);
  for (std::size_t d = 0; d < dim; ++d) {
    mean[d] = static_cast<float>(sums[d] / static_cast<double>(lists));
  }
  return mean;
}

// The least of half_squares[j] - products[j]. Each lane has its own, so that the order written is
// one that vectors can keep.
float least_value(const float* half_squares, const float* products, std::size_t columns) {
  std::array<float, kLanes> least;
  least.fill(kInfinity);
  for (std::size_t j = 0; j < columns; j += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float value = half_squares[j + lane] - products[j + lane];
      least[lane] = value < least[lane] ? value : least[lane];
    }
  }
  return *std::min_element(least.begin(), least.end());
}

}  // namespace

NearestCentroid::NearestCentroid(std::span<const float> centroids, std::size_t dim)
    : dim_(dim),
      lists_(centroids.size() / dim),
      centre_(mean_of(centroids, dim)),
      packed_(rounded_up(lists_, kPanel) * dim),
      half_squares_(rounded_up(lists_, kCentroidsAtOnce), kInfinity) {
  pack(centroids);
}

void NearestCentroid::pack(std::span<const float> centroids) {
  std::vector<float> moved(dim_);
  for (std::size_t list = 0; list < lists_; ++list) {
    const float* centroid = &centroids[list * dim_];
    for (std::size_t d = 0; d < dim_; ++d) moved[d] = centroid[d] - centre_[d];
    float* column = &packed_[list / kPanel * kPanel * dim_ + list % kPanel];
    for (std::size_t d = 0; d < dim_; ++d) column[d * kPanel] = moved[d];
    std::array<float, 2> sums;
    kernels::active().sums(moved.data(), dim_, sums.data());
    half_squares_[list] = 0.5F * sums[1];
  }
}

void NearestCentroid::centre_rows(const RowSelection& rows, const RowTile& tile, float* out) const {
  constexpr std::size_t kAhead = 4;  // rows of a group lie scattered
  for (std::size_t i = 0; i < tile.count; ++i, out += dim_) {
    const float* next = rows.row(tile.place(std::min(i + kAhead, tile.count - 1)));
    for (std::size_t d = 0; d < dim_; d += kLanes) __builtin_prefetch(next + d);
    const float* row = rows.row(tile.place(i));
    const float scale = rows.scale(tile.place(i));
    for (std::size_t d = 0; d < dim_; ++d) out[d] = row[d] * scale - centre_[d];
  }
}

// Only the few times that the least value falls is its place looked for.
void NearestCentroid::take_least(std::size_t first, std::size_t columns, const float* products,
                                 std::uint32_t& nearest, float& least) const {
  const float* half_squares = &half_squares_[first];
  const float value = least_value(half_squares, products, rounded_up(columns, kLanes));
  if (!(value < least)) return;
  std::size_t column = 0;
  while (column + 1 < columns && half_squares[column] - products[column] != value) ++column;
  nearest = static_cast<std::uint32_t>(first + column);
  least = value;
}

void NearestCentroid::find(const RowSelection& rows, const RowTile& tile, std::uint32_t* nearest,
                           float* squares, Scratch& scratch) const {
  scratch.rows.resize(kMaxRows * dim_);
  scratch.products.resize(kMaxRows * kCentroidsAtOnce);
  centre_rows(rows, tile, scratch.rows.data());
  std::fill_n(nearest, tile.count, 0U);
  std::fill_n(squares, tile.count, kInfinity);
  for (std::size_t first = 0; first < lists_; first += kCentroidsAtOnce) {
    const std::size_t columns = std::min(kCentroidsAtOnce, lists_ - first);
    kernels::active().gemm(scratch.rows.data(), dim_, tile.count, &packed_[first * dim_], columns,
                           dim_, scratch.products.data(), kCentroidsAtOnce);
    for (std::size_t i = 0; i < tile.count; ++i) {
      take_least(first, columns, &scratch.products[i * kCentroidsAtOnce], nearest[i], squares[i]);
    }
  }
  for (std::size_t i = 0; i < tile.count; ++i) {
    std::array<float, 2> sums;
    kernels::active().sums(&scratch.rows[i * dim_], dim_, sums.data());
    squares[i] = std::max(0.0F, sums[1] + 2.0F * squares[i]);
  }
}

}  // namespace ruvector::index
