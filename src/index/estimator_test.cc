// What the estimates of encoder.h and query.h are worth: their bias, their deviation, their bounds.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "index/confidence.h"
#include "index/test_codes.h"

namespace ruvector::index {
namespace {

struct Stage {
  std::uint32_t scan_bits;
  std::uint32_t refine_bits;  // 0: the scan is looked at, else the second stage
};

// --- the estimator's statistics over random rotations

struct Errors {
  double mean = 0;            // of estimate - truth, in stored standard deviations
  double standard_error = 0;  // of the mean, from the means of the rotations
  double deviation = 0;       // of the errors, in stored standard deviations
  double missed = 0;          // fraction of lower bounds above the truth
  std::size_t count = 0;
};

// What the score would be by the code's add as it is, rather than rounded down to float16.
double unrounded_add(const Encoded& index, std::size_t slot) {
  const double norm = index.codes.norms().data()[slot];
  const double unit = index.encoder.unit();
  if (index.encoder.metric() != Metric::ip) return norm * norm / (unit * unit);
  double with_centre = 0;
  for (std::size_t d = 0; d < index.data.cols; ++d) {
    const double centre = index.encoder.centre()[d];
    with_centre += (index.data.row(slot)[d] - centre) * centre;
  }
  return -with_centre / (unit * unit);
}

// Adds up the errors of all rows for one rotation and query.
class ErrorSums {
 public:
  void add(const Encoded& index, std::span<const float> raw, const Stage& stage, float width) {
    const Metric metric = index.encoder.metric();
    const std::vector<float> query = prepared_query(raw, metric);
    const bool refined = stage.refine_bits != 0;
    const PreparedQuery plain(index.encoder, query.data(), {0, 0}, false);
    const PreparedQuery bounded(index.encoder, query.data(), {width, width}, false);
    const PreparedQuery one(index.encoder, query.data(), {1, 1}, false);
    const std::vector<float> estimates = kernel_scores(index, plain, refined);
    const std::vector<float> deviations = kernel_scores(index, one, refined);
    const std::vector<float> bounds = kernel_scores(index, bounded, refined);
    double sum = 0;
    for (std::size_t i = 0; i < index.data.rows; ++i) {
      const double truth = true_score(metric, index.data.row(i), raw);
      missed_ += static_cast<double>(bounded.frame().lower_bound(bounds[i])) > truth ? 1 : 0;
      double estimate = plain.frame().score(estimates[i]);
      const double deviation = estimate - static_cast<double>(plain.frame().score(deviations[i]));
      if (!refined) {
        const double stored = scan_factors(index.codes.scan_codes(), i).add;
        estimate += (unrounded_add(index, i) - stored) *
                    static_cast<double>(plain.frame().score(1.0F) - plain.frame().score(0.0F));
      }
      const double z = (estimate - truth) / deviation;
      sum += z;
      squares_ += z * z;
    }
    count_ += index.data.rows;
    means_.push_back(sum / static_cast<double>(index.data.rows));
  }
  Errors result() const {
    Errors errors;
    const double groups = static_cast<double>(means_.size());
    double spread = 0;
    for (const double mean : means_) errors.mean += mean / groups;
    for (const double mean : means_) spread += (mean - errors.mean) * (mean - errors.mean);
    errors.standard_error = std::sqrt(spread / (groups - 1.0) / groups);
    errors.deviation = std::sqrt(squares_ / static_cast<double>(count_));
    errors.missed = missed_ / static_cast<double>(count_);
    errors.count = count_;
    return errors;
  }

 private:
  std::vector<double> means_;
  double squares_ = 0;
  double missed_ = 0;
  std::size_t count_ = 0;
};

Errors measure(Metric metric, std::size_t dim, const Stage& stage, float width,
               std::size_t rotations, std::size_t rows) {
  ErrorSums sums;
  for (std::size_t seed = 0; seed < rotations; ++seed) {
    const TestVectors data = skewed_vectors(rows, dim, 100 + seed);
    const TestVectors queries = skewed_vectors(1, dim, 7000 + seed);
    // The rotation's seed is not the data's: the same numbers would be no random rotation of them.
    const Encoded index(data, metric, stage.scan_bits, stage.refine_bits, seed);
    sums.add(index, queries.row(0), stage, width);
  }
  return sums.result();
}

TEST(Estimator, IsUnbiased) {
  std::vector<Stage> stages = {{1, 0}, {2, 0}};
  for (std::uint32_t bits = 2; bits <= 8; ++bits) stages.push_back({1, bits});
  for (const Metric metric : kMetrics) {
    for (const Stage& stage : stages) {
      const Errors errors = measure(metric, 100, stage, 1.0F, 40, 100);
      EXPECT_LT(std::fabs(errors.mean), 4.0 * errors.standard_error)
          << "metric " << static_cast<int>(metric) << ", scan bits " << stage.scan_bits
          << ", refine bits " << stage.refine_bits << ": mean error " << errors.mean
          << " deviations, standard error " << errors.standard_error;
      EXPECT_LT(errors.standard_error, 0.05);
    }
  }
}

TEST(Estimator, ErrorsHaveTheStoredDeviation) {
  for (const std::size_t dim : {64U, 384U}) {
    for (const Stage& stage : {Stage{1, 0}, Stage{2, 0}, Stage{1, 4}, Stage{1, 8}}) {
      const Errors errors = measure(Metric::l2, dim, stage, 1.0F, 24, 100);
      EXPECT_GT(errors.deviation, 0.6) << "dim " << dim << ", refine bits " << stage.refine_bits;
      EXPECT_LT(errors.deviation, 1.06) << "dim " << dim << ", refine bits " << stage.refine_bits;
    }
  }
}

// One-sided: a true neighbour is lost when the bound lies above its score.
void expect_coverage(Metric metric, std::size_t dim, const Stage& stage) {
  constexpr std::array<double, 4> kConfidences = {0.9, 0.975, 0.99, 0.999};
  std::array<ErrorSums, kConfidences.size()> sums;
  const std::size_t rotations = dim < 300 ? 24 : 10;
  for (std::size_t seed = 0; seed < rotations; ++seed) {
    const TestVectors data = skewed_vectors(250, dim, 100 + seed);
    const TestVectors query = skewed_vectors(1, dim, 7000 + seed);
    const Encoded index(data, metric, stage.scan_bits, stage.refine_bits, seed);
    for (std::size_t c = 0; c < kConfidences.size(); ++c) {
      sums[c].add(index, query.row(0), stage, normal_quantile(kConfidences[c]));
    }
  }
  for (std::size_t c = 0; c < kConfidences.size(); ++c) {
    const Errors errors = sums[c].result();
    const double allowed = 1.0 - kConfidences[c];
    const double sampling =
        std::sqrt(allowed * kConfidences[c] / static_cast<double>(errors.count));
    EXPECT_LT(errors.missed, 1.1 * allowed + 6.0 * sampling) << "confidence " << kConfidences[c];
    // Nor wider than it must be: that would cost reads.
    if (kConfidences[c] < 0.95) {
      EXPECT_GT(errors.missed, 0.3 * allowed);
    }
  }
}

TEST(Estimator, BoundsFailAsOftenAsTheConfidenceAllows) {
  for (const Metric metric : kMetrics) {
    for (const std::size_t dim : {64U, 100U, 128U, 384U, 1000U}) {
      for (const Stage& stage : {Stage{1, 0}, Stage{2, 0}, Stage{1, 4}}) {
        SCOPED_TRACE("metric " + std::to_string(static_cast<int>(metric)) + ", dim " +
                     std::to_string(dim) + ", scan bits " + std::to_string(stage.scan_bits) +
                     ", refine bits " + std::to_string(stage.refine_bits));
        expect_coverage(metric, dim, stage);
      }
    }
  }
}

// Codes of more bits tell more: the error about halves with each.
TEST(Estimator, EachBitNearlyHalvesTheError) {
  double before = 0;
  for (std::uint32_t bits = 2; bits <= 8; ++bits) {
    double squares = 0;
    for (std::size_t seed = 0; seed < 6; ++seed) {
      const TestVectors data = gaussian_vectors(100, 128, 500 + seed);
      const TestVectors query = gaussian_vectors(1, 128, 99 + seed);
      const Encoded index(data, Metric::l2, 1, bits, seed);
      const PreparedQuery plain(index.encoder, query.values.data(), {0, 0}, false);
      const std::vector<float> estimates = kernel_scores(index, plain, true);
      for (std::size_t i = 0; i < data.rows; ++i) {
        const double error = static_cast<double>(plain.frame().score(estimates[i])) -
                             true_score(Metric::l2, data.row(i), query.row(0));
        squares += error * error;
      }
    }
    if (before > 0) {
      EXPECT_LT(squares, before / 2.9) << "bits " << bits;
    }
    before = squares;
  }
}

}  // namespace
}  // namespace ruvector::index
