#include "index/nearest_centroid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kPanel = kernels::kPanelColumns;
constexpr std::size_t kCentroidsAtOnce = 4 * kPanel;  // products with a tile of rows stay in L2
constexpr std::size_t kLanes = 64;  // GCC 12 unrolls a loop of few and does not vectorise it
constexpr std::size_t kLineFloats = 16;
// Rounding a row to bytes takes the time of comparing it with some hundred centroids.
constexpr std::size_t kFewestByBytes = 128;
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

// The least of half_squares[j] - factor * products[j] of kCentroidsAtOnce. Each lane has its own,
// so that the order written is one that vectors can keep.
float least_value(const float* half_squares, const float* products, float factor) {
  std::array<float, kLanes> least;
  least.fill(kInfinity);
  for (std::size_t j = 0; j < kCentroidsAtOnce; j += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float value = half_squares[j + lane] - factor * products[j + lane];
      least[lane] = value < least[lane] ? value : least[lane];
    }
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane) {
      least[lane] = least[lane + half] < least[lane] ? least[lane + half] : least[lane];
    }
  }
  return least[0];
}

float squares_of(const float* x, std::size_t dim) {
  std::array<float, 2> sums;
  kernels::active().sums(x, dim, sums.data());
  return sums[1];
}

}  // namespace

NearestCentroid::NearestCentroid(std::span<const float> centroids, std::size_t dim)
    : dim_(dim),
      lists_(centroids.size() / dim),
      centre_(mean_of(centroids, dim)),
      moved_(centroids.size()),
      half_squares_(rounded_up(lists_, kCentroidsAtOnce), kInfinity) {
  for (std::size_t list = 0; list < lists_; ++list) {
    float* moved = &moved_[list * dim];
    for (std::size_t d = 0; d < dim; ++d) moved[d] = centroids[list * dim + d] - centre_[d];
    half_squares_[list] = 0.5F * squares_of(moved, dim);
  }
  if (lists_ < kFewestByBytes) {
    pack();
  } else {
    bytes_ = BytePanels(moved_, dim);
    measure_blocks();
  }
}

void NearestCentroid::pack() {
  packed_.resize(rounded_up(lists_, kPanel) * dim_);
  for (std::size_t list = 0; list < lists_; ++list) {
    const float* moved = &moved_[list * dim_];
    float* column = &packed_[list / kPanel * kPanel * dim_ + list % kPanel];
    for (std::size_t d = 0; d < dim_; ++d) column[d * kPanel] = moved[d];
  }
}

void NearestCentroid::measure_blocks() {
  blocks_.resize(half_squares_.size() / kCentroidsAtOnce);
  for (std::size_t list = 0; list < lists_; ++list) {
    Block& block = blocks_[list / kCentroidsAtOnce];
    block.length = std::max(block.length, std::sqrt(2.0F * half_squares_[list]));
    block.error = std::max(block.error, bytes_.error(list));
  }
}

void NearestCentroid::centre_rows(const RowSelection& rows, const RowTile& tile, float* out) const {
  constexpr std::size_t kAhead = 4;  // rows of a group lie scattered
  for (std::size_t i = 0; i < tile.count; ++i, out += dim_) {
    const float* next = rows.row(tile.place(std::min(i + kAhead, tile.count - 1)));
    for (std::size_t d = 0; d < dim_; d += kLineFloats) __builtin_prefetch(next + d);
    const float* row = rows.row(tile.place(i));
    const float scale = rows.scale(tile.place(i));
    for (std::size_t d = 0; d < dim_; ++d) out[d] = row[d] * scale - centre_[d];
  }
}

// Only the few times that the least value falls is its place looked for.
void NearestCentroid::take_least(std::size_t first, std::size_t columns, const float* products,
                                 std::uint32_t& nearest, float& least) const {
  const float* half_squares = &half_squares_[first];
  const float value = least_value(half_squares, products, 1.0F);
  if (!(value < least)) return;
  std::size_t column = 0;
  while (column + 1 < columns && half_squares[column] - products[column] != value) ++column;
  nearest = static_cast<std::uint32_t>(first + column);
  least = value;
}

void NearestCentroid::find_by_floats(std::size_t count, std::uint32_t* nearest, float* least,
                                     Scratch& scratch) const {
  for (std::size_t first = 0; first < lists_; first += kCentroidsAtOnce) {
    const std::size_t columns = std::min(kCentroidsAtOnce, lists_ - first);
    kernels::active().gemm(scratch.rows.data(), dim_, count, &packed_[first * dim_], columns, dim_,
                           scratch.products.data(), kCentroidsAtOnce);
    for (std::size_t i = 0; i < count; ++i) {
      take_least(first, columns, &scratch.products[i * kCentroidsAtOnce], nearest[i], least[i]);
    }
  }
}

// How far what a centroid of the block comes to may be from what its bytes tell, with room for the
// rounding of float32.
float NearestCentroid::width(std::size_t block, const Prospect& prospect) const {
  const auto& [length, error] = blocks_[block];
  return (prospect.error + 0x1p-15F * prospect.length) * length +
         (prospect.length + prospect.error) * error + 0x1p-20F * length * length;
}

void NearestCentroid::prepare(std::size_t count, Scratch& scratch) const {
  bytes_.round(scratch.rows.data(), count, scratch.rounded);
  scratch.prospects.resize(std::max(scratch.prospects.size(), count));
  for (std::size_t i = 0; i < count; ++i) {
    Prospect& prospect = scratch.prospects[i];
    prospect.length = std::sqrt(squares_of(&scratch.rows[i * dim_], dim_));
    prospect.error = bytes_.error_of(scratch.rounded, i);
    prospect.limit = kInfinity;
    prospect.candidates.clear();
  }
}

void NearestCentroid::gather(std::size_t block, const float* products, float inverse,
                             Prospect& prospect) const {
  const std::size_t first = block * kCentroidsAtOnce;
  const std::size_t columns = std::min(kCentroidsAtOnce, lists_ - first);
  const float* half_squares = &half_squares_[first];
  const float off = width(block, prospect);
  const float value = least_value(half_squares, products, inverse);
  prospect.limit = std::min(prospect.limit, value + off);
  const float admitted = prospect.limit + off;
  if (!(value <= admitted)) return;
  for (std::size_t j = 0; j < columns; ++j) {
    const float about = half_squares[j] - inverse * products[j];
    if (about <= admitted) {
      prospect.candidates.push_back({static_cast<std::uint32_t>(first + j), about - off});
    }
  }
}

void NearestCentroid::choose(const float* row, const Prospect& prospect, std::uint32_t& nearest,
                             float& least, Scratch& scratch) const {
  scratch.lists.clear();
  for (const auto& [list, at_least] : prospect.candidates) {
    if (at_least <= prospect.limit) scratch.lists.push_back(list);
  }
  scratch.exact.resize(scratch.lists.size());
  kernels::active().dot_rows(row, moved_.data(), dim_, scratch.lists.data(), scratch.lists.size(),
                             scratch.exact.data());
  for (std::size_t i = 0; i < scratch.lists.size(); ++i) {
    const float value = half_squares_[scratch.lists[i]] - scratch.exact[i];
    if (!(value < least)) continue;
    nearest = scratch.lists[i];
    least = value;
  }
}

void NearestCentroid::find_by_bytes(std::size_t count, std::uint32_t* nearest, float* least,
                                    Scratch& scratch) const {
  prepare(count, scratch);
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    const std::size_t first = block * kCentroidsAtOnce;
    bytes_.multiply(scratch.rounded, first, std::min(kCentroidsAtOnce, lists_ - first),
                    scratch.products.data(), kCentroidsAtOnce);
    for (std::size_t i = 0; i < count; ++i) {
      gather(block, &scratch.products[i * kCentroidsAtOnce], scratch.rounded.inverses[i],
             scratch.prospects[i]);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    choose(&scratch.rows[i * dim_], scratch.prospects[i], nearest[i], least[i], scratch);
  }
}

void NearestCentroid::find(const RowSelection& rows, const RowTile& tile, std::uint32_t* nearest,
                           float* squares, Scratch& scratch) const {
  scratch.rows.resize(kMaxRows * dim_);
  scratch.products.resize(kMaxRows * kCentroidsAtOnce);
  centre_rows(rows, tile, scratch.rows.data());
  std::fill_n(nearest, tile.count, 0U);
  std::fill_n(squares, tile.count, kInfinity);
  if (blocks_.empty()) {
    find_by_floats(tile.count, nearest, squares, scratch);
  } else {
    find_by_bytes(tile.count, nearest, squares, scratch);
  }
  for (std::size_t i = 0; i < tile.count; ++i) {
    squares[i] = std::max(0.0F, squares_of(&scratch.rows[i * dim_], dim_) + 2.0F * squares[i]);
  }
}

}  // namespace ruvector::index
