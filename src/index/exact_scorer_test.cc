#include "index/exact_scorer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};

std::vector<float> inverse_norms(const TestVectors& data) {
  std::vector<float> norms;
  for (std::size_t i = 0; i < data.rows; ++i) {
    double squares = 0;
    for (const float value : data.row(i)) squares += static_cast<double>(value) * value;
    norms.push_back(static_cast<float>(1.0 / std::sqrt(squares)));
  }
  return norms;
}

TEST(ExactScorer, ScoresAreThoseOfTheMetric) {
  for (const std::size_t dim : {1U, 2U, 15U, 16U, 17U, 64U, 100U, 1000U}) {
    const TestVectors data = gaussian_vectors(20, dim, dim);
    const TestVectors query = gaussian_vectors(1, dim, 2 * dim + 1);
    const std::vector<float> norms = inverse_norms(data);
    for (const Metric metric : kMetrics) {
      const Rows rows{data.values.data(),
                      metric == Metric::cosine ? norms.data() : nullptr,
                      nullptr,
                      data.rows,
                      dim,
                      metric};
      const std::vector<float> prepared = prepared_query(query.row(0), metric);
      std::vector<float> scores(20);
      ExactScorer(rows, prepared.data()).score_range(0, 20, scores.data());
      const double size = metric == Metric::cosine ? 1.0 : static_cast<double>(dim);
      for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_NEAR(scores[i], true_score(metric, data.row(i), query.row(0)), 2e-6 * size)
            << "dim " << dim << ", metric " << static_cast<int>(metric);
      }
    }
  }
}

TEST(ExactScorer, ListedSlotsAndRangesScoreAlike) {
  const TestVectors data = gaussian_vectors(50, 33, 1);
  const std::vector<float> norms = inverse_norms(data);
  for (const Metric metric : kMetrics) {
    const Rows rows{data.values.data(),
                    metric == Metric::cosine ? norms.data() : nullptr,
                    nullptr,
                    data.rows,
                    33,
                    metric};
    const std::vector<float> query = prepared_query(data.row(3), metric);
    const ExactScorer scorer(rows, query.data());
    std::vector<float> range(50);
    scorer.score_range(0, 50, range.data());
    const std::vector<std::uint32_t> slots = {49, 0, 7, 7, 31};
    std::vector<float> listed(5);
    scorer.score(slots.data(), 5, listed.data());
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(listed[i], range[slots[i]]);
    std::vector<float> tail(10);
    scorer.score_range(40, 10, tail.data());
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(tail[i], range[40 + i]);
  }
}

TEST(ExactScorer, ADistanceIsNeverBelowZero) {
  const TestVectors data = gaussian_vectors(200, 7, 4);
  const std::vector<float> norms = inverse_norms(data);
  const Rows rows{data.values.data(), norms.data(), nullptr, 200, 7, Metric::cosine};
  for (std::size_t i = 0; i < 200; ++i) {
    const std::vector<float> query = prepared_query(data.row(i), Metric::cosine);
    float score = -1;
    ExactScorer(rows, query.data()).score_range(i, 1, &score);
    EXPECT_GE(score, 0.0F);
    EXPECT_LT(score, 1e-6F);
  }
}

}  // namespace
}  // namespace ruvector::index
