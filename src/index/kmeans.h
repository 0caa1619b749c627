// Divides rows into lists by k-means.
// Thread-safe: functions of their arguments.
//
// Trained on a sample of at most 128 rows a list. From 64 lists on in two levels: about sqrt(lists)
// groups, each divided in proportion to its rows; then iterations over all lists, in which the rows
// of a group are compared with its 8 sqrt(lists) nearest centroids. Training takes about
// 128 * 31 * dim * lists^1.5 multiplications and additions, assign_rows rows * lists * dim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/encoder.h"
#include "ruvector/base/progress.h"

namespace ruvector::index {

struct KMeansParams {
  std::size_t lists = 0;  // 1 <= lists <= rows
  std::uint64_t seed = 42;
  std::size_t threads = 1;
  Progress progress = {};  // (done, total) in steps of the whole; may throw to cancel
};

// Centroids (lists, dim), row-major. Rows are finite, scaled by source.inverse_norms when those are
// there. Same bits for any number of threads and any instruction set. No more distinct centroids
// than distinct rows; a few lists may get no row from assign_rows. Memory beside the centroids: the
// sample, when it is not all rows. Throws std::invalid_argument for a number of lists out of range.
std::vector<float> kmeans(const RowSource& source, std::size_t dim, const KMeansParams& params);

// nearest[i] = the list whose centroid is nearest to row i by squared L2, ties by the smaller
// number, as NearestCentroid finds it (float32: see there how near is a tie). distances, one for
// each row or empty: the squared distance to that centroid, as l2_rows of kernels.h. Same bits for
// any number of threads and any instruction set. Throws std::invalid_argument for sizes that do not
// fit together.
void assign_rows(const RowSource& source, std::size_t dim, std::span<const float> centroids,
                 std::size_t threads, std::span<std::uint32_t> nearest, std::span<float> distances,
                 const Progress& progress = {});

}  // namespace ruvector::index
