// Nearest centroids by plain code in double, for the tests of k-means.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "index/nearest_centroid.h"
#include "index/test_vectors.h"

namespace ruvector::index {

struct PlainNearest {
  std::size_t list = 0;
  double square = std::numeric_limits<double>::infinity();
  double next = std::numeric_limits<double>::infinity();  // the second smallest
};

inline PlainNearest plain_nearest(std::span<const float> row, std::span<const float> centroids) {
  PlainNearest best;
  for (std::size_t list = 0; list < centroids.size() / row.size(); ++list) {
    const double square =
        true_score(Metric::l2, row, centroids.subspan(list * row.size(), row.size()));
    if (square < best.square) {
      best = {list, square, best.square};
    } else if (square < best.next) {
      best.next = square;
    }
  }
  return best;
}

inline std::vector<float> inverse_norms_of(const TestVectors& data) {
  std::vector<float> result;
  for (std::size_t i = 0; i < data.rows; ++i) {
    std::array<float, 2> sums;
    kernels::active().sums(data.row(i).data(), data.cols, sums.data());
    result.push_back(1.0F / std::sqrt(sums[1]));
  }
  return result;
}

// The rows as `inverse_norms` scale them.
inline TestVectors scaled(const TestVectors& data, std::span<const float> inverse_norms) {
  TestVectors result = data;
  for (std::size_t i = 0; i < data.rows; ++i) {
    for (std::size_t d = 0; d < data.cols; ++d)
      result.values[i * data.cols + d] *= inverse_norms[i];
  }
  return result;
}

inline RowSelection all_rows(const TestVectors& data, const float* inverse_norms = nullptr) {
  return {{data.values.data(), inverse_norms, data.rows}, data.cols, nullptr, data.rows};
}

}  // namespace ruvector::index
