// Seeded data for the tests of this room, and the plain answers that they compare with.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/random.h"
#include "index/exact_scorer.h"
#include "kernels/dispatch.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

struct TestVectors {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;

  MatrixView view() const { return {values.data(), rows, cols}; }
  MatrixView first(std::size_t count) const { return {values.data(), count, cols}; }
  MatrixView range(std::size_t begin, std::size_t end) const {
    return {values.data() + begin * cols, end - begin, cols};
  }
  std::span<const float> row(std::size_t i) const { return {values.data() + i * cols, cols}; }
};

inline TestVectors gaussian_vectors(std::size_t rows, std::size_t cols, std::uint64_t seed,
                                    float scale = 1.0F, float offset = 0.0F) {
  base::Random random(seed);
  TestVectors result{rows, cols, std::vector<float>(rows * cols)};
  for (float& value : result.values) {
    value = offset + scale * static_cast<float>(random.gaussian_like());
  }
  return result;
}

// Rows around `clusters` centres in [-2, 2]^cols, with standard deviation `spread` about them.
inline TestVectors clustered_vectors(std::size_t rows, std::size_t cols, std::size_t clusters,
                                     float spread, std::uint64_t seed) {
  base::Random random(seed);
  std::vector<float> centres(clusters * cols);
  for (float& value : centres) value = 4.0F * random.uniform_float() - 2.0F;
  TestVectors result{rows, cols, std::vector<float>(rows * cols)};
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t cluster = random.uniform_below(clusters);
    for (std::size_t d = 0; d < cols; ++d) {
      result.values[i * cols + d] =
          centres[cluster * cols + d] + spread * static_cast<float>(random.gaussian_like());
    }
  }
  return result;
}

// Rows whose first 16 dimensions hold most of the variance: near neighbours exist, as in real data.
inline TestVectors skewed_vectors(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  TestVectors result = gaussian_vectors(rows, cols, seed);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t d = 16; d < cols; ++d) result.values[i * cols + d] *= 0.2F;
  }
  return result;
}

// The query as searches use it: of unit length under cosine, with the rounding of search.cc.
inline std::vector<float> prepared_query(std::span<const float> query, Metric metric) {
  std::vector<float> result(query.begin(), query.end());
  if (metric != Metric::cosine) return result;
  std::array<float, 2> sums;
  kernels::active().sums(result.data(), result.size(), sums.data());
  const float scale = 1.0F / std::sqrt(sums[1]);
  for (float& value : result) value *= scale;
  return result;
}

// The score that the metric defines, in double.
inline double true_score(Metric metric, std::span<const float> x, std::span<const float> q) {
  double dot = 0;
  double xx = 0;
  double qq = 0;
  double difference = 0;
  for (std::size_t d = 0; d < x.size(); ++d) {
    const double a = x[d];
    const double b = q[d];
    dot += a * b;
    xx += a * a;
    qq += b * b;
    difference += (a - b) * (a - b);
  }
  if (metric == Metric::l2) return difference;
  return metric == Metric::ip ? -dot : 1.0 - dot / std::sqrt(xx * qq);
}

inline bool nearer(const Hit& a, const Hit& b) {
  return a.score != b.score ? a.score < b.score : a.id < b.id;
}

// The best k of all rows by a full sort of their exact scores. `allowed` by slot; empty: all.
inline std::vector<Hit> brute_force(const Rows& rows, std::span<const float> query, std::size_t k,
                                    const std::vector<std::uint8_t>& allowed = {},
                                    float radius = std::numeric_limits<float>::max()) {
  const std::vector<float> prepared = prepared_query(query, rows.metric);
  const ExactScorer scorer(rows, prepared.data());
  std::vector<float> scores(rows.count);
  scorer.score_range(0, rows.count, scores.data());
  std::vector<Hit> hits;
  for (std::size_t slot = 0; slot < rows.count; ++slot) {
    if (!allowed.empty() && allowed[slot] == 0) continue;
    if (scores[slot] <= radius) hits.push_back({rows.ids[slot], scores[slot]});
  }
  const std::size_t count = std::min(k, hits.size());
  std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(count), hits.end(),
                    nearer);
  hits.resize(count);
  return hits;
}

// The nearest `k` of each query.
inline std::vector<std::vector<Hit>> true_neighbours(const Rows& rows, const TestVectors& queries,
                                                     std::size_t k) {
  std::vector<std::vector<Hit>> truth;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    truth.push_back(brute_force(rows, queries.row(q), k));
  }
  return truth;
}

// How many of `truth` are among `found`, as a fraction.
inline double recall(const std::vector<Hit>& found, const std::vector<Hit>& truth) {
  std::size_t common = 0;
  for (const Hit& hit : truth) {
    common += static_cast<std::size_t>(std::any_of(
        found.begin(), found.end(), [&](const Hit& other) { return other.id == hit.id; }));
  }
  return truth.empty() ? 1.0 : static_cast<double>(common) / static_cast<double>(truth.size());
}

}  // namespace ruvector::index
