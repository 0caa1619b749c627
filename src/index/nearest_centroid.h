// Which of many centroids is nearest to a row.
// Thread-safe: const after construction; a Scratch belongs to one thread at a time.
//
// Of few centroids: a matrix product, and where each row's least value lies. Of many: the product
// of both sides rounded to bytes, and exactly those centroids that may be nearest by it.
//
// With the mean m of the centroids taken from both sides, so that data far from the origin keep
// their precision, |x - c|^2 = |x - m|^2 + 2 (|c - m|^2 / 2 - <x - m, c - m>). The parenthesis is
// what is compared, in float32: half of a tree sum minus a chain of gemm (of many: a tree sum). Two
// centroids change places only when their squared distances to x differ by less than about
// dim * 2^-22 * |x - m| * |c - m|.
//
// For x' and c', what the bytes of x - m and c - m stand for,
// |<x - m, c - m> - <x', c'>| <= |x - m - x'| |c - m| + |x'| |c - m - c'|, lengths that are known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/byte_panels.h"
#include "index/encoder.h"

namespace ruvector::index {

// Rows of a source in a given order. Owns nothing.
struct RowSelection {
  RowSource source;
  std::size_t dim;
  const std::uint32_t* slots;  // `count` rows of the source; null: its first ones
  std::size_t count;

  std::size_t slot(std::size_t i) const { return slots != nullptr ? slots[i] : i; }
  const float* row(std::size_t i) const { return source.rows + slot(i) * dim; }
  float scale(std::size_t i) const {
    return source.inverse_norms != nullptr ? source.inverse_norms[slot(i)] : 1.0F;
  }
  void copy_row(std::size_t i, float* out) const {
    const float* from = row(i);
    const float factor = scale(i);
    for (std::size_t d = 0; d < dim; ++d) out[d] = from[d] * factor;
  }
};

// A few places of a selection: those in `picked`, or first, first + 1, ... when that is null.
struct RowTile {
  std::size_t first;
  const std::uint32_t* picked;
  std::size_t count;

  std::size_t place(std::size_t i) const { return picked != nullptr ? picked[i] : first + i; }
};

class NearestCentroid {
 public:
  static constexpr std::size_t kMaxRows = 256;  // of a tile

  // A centroid that may be the nearest, and the least that it can come to.
  struct Candidate {
    std::uint32_t list;
    float least;
  };
  // What is known of a row before its candidates are compared exactly.
  struct Prospect {
    float length;  // |x - m|
    float error;   // |x - m - x'|
    float limit;   // some centroid comes to no more
    std::vector<Candidate> candidates;
  };
  struct Scratch {
    std::vector<float> rows;
    std::vector<float> products;
    BytePanels::Rounded rounded;
    std::vector<Prospect> prospects;
    std::vector<std::uint32_t> lists;
    std::vector<float> exact;
  };

  // `centroids` is row-major (lists, dim), at least one; copies are kept.
  NearestCentroid(std::span<const float> centroids, std::size_t dim);

  // For each row of the tile: its nearest centroid, of equally near ones the first, and about the
  // squared distance, not below 0. Both have room for tile.count values.
  void find(const RowSelection& rows, const RowTile& tile, std::uint32_t* nearest, float* squares,
            Scratch& scratch) const;

 private:
  // Of centroids that are compared at once.
  struct Block {
    float length = 0;  // the longest |c - m|
    float error = 0;   // the largest |c - m - c'|
  };

  void pack();
  void measure_blocks();
  void centre_rows(const RowSelection& rows, const RowTile& tile, float* out) const;
  void find_by_floats(std::size_t count, std::uint32_t* nearest, float* least,
                      Scratch& scratch) const;
  void find_by_bytes(std::size_t count, std::uint32_t* nearest, float* least,
                     Scratch& scratch) const;
  void take_least(std::size_t first, std::size_t columns, const float* products,
                  std::uint32_t& nearest, float& least) const;
  float width(std::size_t block, const Prospect& prospect) const;
  void prepare(std::size_t count, Scratch& scratch) const;
  void gather(std::size_t block, const float* products, float inverse, Prospect& prospect) const;
  void choose(const float* row, const Prospect& prospect, std::uint32_t& nearest, float& least,
              Scratch& scratch) const;

  std::size_t dim_;
  std::size_t lists_;
  std::vector<float> centre_;        // the centroids' mean
  std::vector<float> moved_;         // c - m, row-major
  std::vector<float> half_squares_;  // |c - m|^2 / 2, +inf where no centroid is
  std::vector<float> packed_;        // c - m, in panels of gemm; of few centroids
  BytePanels bytes_;                 // of many
  std::vector<Block> blocks_;
};

}  // namespace ruvector::index
