#include "index/query.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "index/confidence.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};

Encoder trained(const TestVectors& data, Metric metric, const CodeShape& shape) {
  Encoder encoder(data.cols, 42, metric, shape);
  std::vector<float> norms;
  for (std::size_t i = 0; metric == Metric::cosine && i < data.rows; ++i) {
    double squares = 0;
    for (const float value : data.row(i)) squares += static_cast<double>(value) * value;
    norms.push_back(static_cast<float>(1.0 / std::sqrt(squares)));
  }
  encoder.train({data.values.data(), norms.empty() ? nullptr : norms.data(), data.rows}, 1);
  return encoder;
}

std::vector<float> rotated(const Encoder& encoder, std::span<const float> query) {
  std::vector<float> s(encoder.dims());
  encoder.rotate(query.data(), s.data());
  return s;
}

// Entry v of the table of nibble g, by the layout that kernels.h states for ScanQuery.
unsigned table_entry(const kernels::ScanQuery& scan, std::size_t g, unsigned v) {
  const std::size_t word = g / 8;
  const std::size_t byte = g % 8 / 2;
  const std::size_t half = g % 2;  // low nibbles first
  return scan.table[word * 128 + half * 64 + byte * 16 + v];
}

TEST(PreparedQuery, TablesHoldTheInnerProductsOfEveryNibble) {
  const TestVectors data = gaussian_vectors(50, 100, 1);
  for (const std::uint32_t bits : {1U, 2U}) {
    const Encoder encoder = trained(data, Metric::l2, {128, bits, 0});
    const PreparedQuery query(encoder, data.row(0).data(), {1, 1}, false);
    const kernels::ScanQuery scan = query.scan_query(query.frame());
    const std::vector<float> s = rotated(encoder, data.row(0));
    const std::size_t per_nibble = 4 / bits;
    double least = 0;
    for (std::size_t g = 0; g < 128 / per_nibble; ++g) {
      double low = 1e30;
      for (unsigned v = 0; v < 16; ++v) {
        double value = 0;
        for (std::size_t i = 0; i < per_nibble; ++i) {
          const unsigned code = v >> (i * bits) & ((1U << bits) - 1U);
          value += (code - 0.5 * ((1U << bits) - 1U)) * static_cast<double>(s[g * per_nibble + i]);
        }
        low = std::min(low, value);
      }
      least += low;
      for (unsigned v = 0; v < 16; ++v) {
        double value = 0;
        for (std::size_t i = 0; i < per_nibble; ++i) {
          const unsigned code = v >> (i * bits) & ((1U << bits) - 1U);
          value += (code - 0.5 * ((1U << bits) - 1U)) * static_cast<double>(s[g * per_nibble + i]);
        }
        EXPECT_NEAR(low + static_cast<double>(scan.step) * table_entry(scan, g, v), value,
                    0.51 * static_cast<double>(scan.step))
            << "nibble " << g << ", value " << v;
      }
    }
    EXPECT_NEAR(scan.offset, least, 1e-4);
  }
}

TEST(PreparedQuery, TheRefinementQueryIsTheRotatedOneIn14Bits) {
  const TestVectors data = gaussian_vectors(50, 100, 2);
  for (std::uint32_t bits = 2; bits <= 8; ++bits) {
    const Encoder encoder = trained(data, Metric::l2, {128, 1, bits});
    const PreparedQuery query(encoder, data.row(0).data(), {1, 2.5F}, false);
    const kernels::RefineQuery refine = query.refine_query(query.frame());
    const std::vector<float> s = rotated(encoder, data.row(0));
    std::int64_t sum = 0;
    double norm = 0;
    float largest = 0;
    for (const float value : s) largest = std::max(largest, std::fabs(value));
    for (std::size_t d = 0; d < 128; ++d) {
      const int level = 128 * refine.high[d] + refine.low[d];
      sum += level;
      norm += static_cast<double>(s[d]) * static_cast<double>(s[d]);
      // step is for twice the sum.
      EXPECT_NEAR(2.0 * static_cast<double>(refine.step) * level, s[d], 0.51 * largest / 8191.0);
    }
    EXPECT_EQ(refine.center, ((std::int64_t{1} << bits) - 1) * sum);
    EXPECT_NEAR(refine.error_scale, 2.5 * std::sqrt(norm), 1e-4);
  }
}

TEST(PreparedQuery, ErrorScalesAreTheWidthsTimesTheQuerysLength) {
  const TestVectors data = gaussian_vectors(50, 64, 3);
  const Encoder encoder = trained(data, Metric::l2, {64, 1, 4});
  const std::vector<float> s = rotated(encoder, data.row(5));
  double norm = 0;
  for (const float value : s) norm += static_cast<double>(value) * static_cast<double>(value);
  const PreparedQuery query(encoder, data.row(5).data(), {1.5F, 3.0F}, false);
  EXPECT_NEAR(query.scan_query(query.frame()).error_scale, 1.5 * std::sqrt(norm), 1e-5);
  EXPECT_NEAR(query.refine_query(query.frame()).error_scale, 3.0 * std::sqrt(norm), 1e-5);
}

TEST(BoundWidths, SplitTheAllowedMissesBetweenTheStages) {
  for (const double confidence : {0.5, 0.9, 0.99, 0.999}) {
    const BoundWidths widths = bound_widths(confidence);
    const auto miss = [](float z) { return 0.5 * std::erfc(static_cast<double>(z) / M_SQRT2); };
    EXPECT_NEAR(miss(widths.scan) + miss(widths.refine), 1.0 - confidence, 1e-6);
    EXPECT_GT(widths.refine, widths.scan);
  }
  EXPECT_EQ(bound_widths(1.0).scan, normal_quantile(1.0));
  EXPECT_EQ(bound_widths(1.0).refine, normal_quantile(1.0));
}

// --- the implication that makes pruning by kernel_threshold() safe

// Scores near each other, near zero, near both ends of float32, of both signs.
float any_float(base::Random& random) {
  const int exponent = static_cast<int>(random.uniform_below(250)) - 125;
  const float magnitude = std::ldexp(1.0F + random.uniform_float(), exponent);
  return random.uniform_below(2) == 0 ? magnitude : -magnitude;
}

void expect_threshold_admits(const PreparedQuery& query, float bound, float score) {
  const float threshold = query.frame().kernel_threshold(score);
  ASSERT_TRUE(std::isfinite(threshold)) << "score " << score;
  if (query.frame().lower_bound(bound) <= score || query.frame().score(bound) <= score) {
    ASSERT_LE(bound, threshold) << "score " << score;
  }
}

TEST(PreparedQuery, WhatALowerBoundAdmitsTheKernelAdmits) {
  base::Random random(4);
  for (const Metric metric : kMetrics) {
    for (const float scale : {1e-12F, 1e-6F, 1.0F, 1e6F, 1e15F}) {
      for (const float offset : {0.0F, 1000.0F}) {
        const TestVectors data = gaussian_vectors(40, 70, 5, scale, offset * scale);
        const Encoder encoder = trained(data, metric, {128, 1, 4});
        const PreparedQuery query(encoder, prepared_query(data.row(3), metric).data(),
                                  bound_widths(0.999), false);
        for (int round = 0; round < 400; ++round) {
          const float bound = any_float(random);
          const float score = query.frame().score(bound);
          expect_threshold_admits(query, bound, any_float(random));
          if (!std::isfinite(score)) continue;
          // Thresholds at, and a few steps around, the bound's own score and lower bound.
          for (float near : {score, query.frame().lower_bound(bound)}) {
            for (int step = 0; step < 4; ++step) {
              expect_threshold_admits(query, bound, near);
              near = std::nextafter(near, -std::numeric_limits<float>::max());
            }
          }
        }
        for (const float score :
             {0.0F, -0.0F, std::numeric_limits<float>::max(), -std::numeric_limits<float>::max(),
              std::numeric_limits<float>::infinity()}) {
          expect_threshold_admits(query, any_float(random), score);
          expect_threshold_admits(query, -std::numeric_limits<float>::max(), score);
        }
      }
    }
  }
}

TEST(PreparedQuery, TheLowerBoundIsNotAboveTheScoreOfTheSameEstimate) {
  base::Random random(6);
  const TestVectors data = gaussian_vectors(40, 70, 5);
  for (const Metric metric : kMetrics) {
    const Encoder encoder = trained(data, metric, {128, 1, 4});
    const PreparedQuery query(encoder, prepared_query(data.row(3), metric).data(),
                              bound_widths(0.999), false);
    for (int round = 0; round < 2000; ++round) {
      const float bound = std::ldexp(any_float(random), -60);
      EXPECT_LE(query.frame().lower_bound(bound), query.frame().score(bound));
    }
  }
}

TEST(PreparedQuery, AQueryAtTheCentreHasEmptyTables) {
  const std::vector<float> row(64, 3.0F);
  const TestVectors data{1, 64, row};
  const Encoder encoder = trained(data, Metric::l2, {64, 1, 4});
  const PreparedQuery query(encoder, row.data(), bound_widths(0.999), false);
  EXPECT_EQ(query.scan_query(query.frame()).step, 0.0F);
  EXPECT_EQ(query.scan_query(query.frame()).error_scale, 0.0F);
  EXPECT_EQ(query.frame().score(0.0F), 0.0F);
}

// Squares of a query far from data of a tiny scale leave float32 in the data's units.
TEST(PreparedQuery, AQueryFarAwayHasFiniteScores) {
  const TestVectors data = gaussian_vectors(40, 70, 7, 1e-12F);
  for (const Metric metric : {Metric::l2, Metric::ip}) {
    const Encoder encoder = trained(data, metric, {128, 1, 4});
    const std::vector<float> far(70, 1e15F);
    const PreparedQuery query(encoder, far.data(), bound_widths(0.999), false);
    EXPECT_TRUE(std::isfinite(query.frame().score(0.0F)));
    EXPECT_TRUE(std::isfinite(query.frame().lower_bound(0.0F)));
    EXPECT_TRUE(std::isfinite(query.scan_query(query.frame()).error_scale));
    if (metric == Metric::l2) {
      EXPECT_NEAR(query.frame().score(0.0F) / 70e30F, 1.0F, 1e-4F);
    }
  }
}

TEST(PreparedQuery, ATinyQueryLeavesNoNumberOutOfRange) {
  for (const float tiny : {1e-30F, 1e-38F, 1e-42F}) {
    const TestVectors data{2, 2, {1e3F, 0.0F, -1e3F, 0.0F}};  // centred at zero
    const Encoder encoder = trained(data, Metric::l2, {64, 1, 4});
    const std::vector<float> row(2, tiny);
    const PreparedQuery query(encoder, row.data(), bound_widths(0.999), true);
    EXPECT_TRUE(std::isfinite(query.scan_query(query.frame()).step));
    EXPECT_TRUE(std::isfinite(query.scan_query(query.frame()).offset));
    EXPECT_NEAR(query.refine_query(query.frame()).step, 0.0F, 1e-30F);
  }
}

}  // namespace
}  // namespace ruvector::index
