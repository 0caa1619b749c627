#include "index/encoder.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "index/confidence.h"
#include "index/query.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};
constexpr float kNoThreshold = std::numeric_limits<float>::max();

std::vector<float> norms_for(const TestVectors& data, Metric metric) {
  std::vector<float> norms;
  for (std::size_t i = 0; metric == Metric::cosine && i < data.rows; ++i) {
    double squares = 0;
    for (const float value : data.row(i)) squares += static_cast<double>(value) * value;
    norms.push_back(static_cast<float>(1.0 / std::sqrt(squares)));
  }
  return norms;
}

// Made once for each seed: a dense rotation takes longer than the codes of a few hundred rows.
const Rotation& rotation_for(std::size_t dims, std::uint64_t seed) {
  static std::map<std::pair<std::size_t, std::uint64_t>, Rotation> made;
  return made.try_emplace({dims, seed}, dims, seed).first->second;
}

// Data with its codes.
struct Encoded {
  Encoded(const TestVectors& vectors, Metric metric, std::uint32_t scan_bits,
          std::uint32_t refine_bits, std::uint64_t seed)
      : data(vectors),
        norms(norms_for(data, metric)),
        encoder(data.cols, seed, metric, {padded_dim(data.cols), scan_bits, refine_bits},
                rotation_for(padded_dim(data.cols), seed), std::vector<float>(data.cols), 1.0F),
        codes(encoder.shape()) {
    encoder.train(source(), 1);
    codes.resize(data.rows);
    encoder.encode(source(), 0, data.rows, 0, codes.writer());
  }
  RowSource source() const {
    return {data.values.data(), norms.empty() ? nullptr : norms.data(), data.rows};
  }

  const TestVectors& data;
  std::vector<float> norms;
  Encoder encoder;
  CodeStore codes;
};

struct Stage {
  std::uint32_t scan_bits;
  std::uint32_t refine_bits;  // 0: the scan is looked at, else the second stage
};

// The estimates (width 0) or lower bounds of all slots by the kernels, as scores.
std::vector<float> kernel_scores(const Encoded& index, const PreparedQuery& query, bool refined) {
  const std::size_t count = index.data.rows;
  std::vector<std::uint32_t> slots(index.codes.block_count() * 64 + 16);
  std::vector<float> bounds(slots.size());
  if (refined) {
    std::iota(slots.begin(), slots.end(), 0U);
    kernels::active().refine(index.codes.refine_codes(), query.refine_query(), slots.data(), count,
                             nullptr, bounds.data());
  } else {
    kernels::ScanQuery scan = query.scan_query();
    scan.threshold = kNoThreshold;
    scan.slots = slots.data();
    scan.bounds = bounds.data();
    kernels::active().scan(index.codes.scan_codes(), 0, index.codes.block_count(), nullptr, &scan,
                           1);
    EXPECT_EQ(scan.count, count);
  }
  bounds.resize(count);
  return bounds;
}

// --- factors

// What a code of `bits` stands for, and the factors of RaBitQ for it, in double from the formulas
// of the papers (arXiv 2405.12497 eq. 20, theorem 3.2; arXiv 2409.09913 section 3).
struct Reference {
  double r_squares = 0;  // |r|^2
  double dot = 0;        // <r, z>
  double code_squares = 0;
  double with_centre = 0;  // <x - c, c> / unit^2

  double rescale() const { return r_squares / dot; }
  double deviation(double dims) const {
    const double cosine_squared = dot * dot / (r_squares * code_squares);
    return std::sqrt(r_squares * (1.0 / cosine_squared - 1.0) / (dims - 1.0));
  }
};

// The code of slot `slot`, read through the kernel: a query of one unit vector gives one digit.
// Here by scan_word, which code_store_test checks against the layout.
Reference reference_of(const Encoded& index, std::size_t slot) {
  const std::size_t dims = index.encoder.dims();
  const std::uint32_t bits = index.encoder.shape().scan_bits;
  const double unit = index.encoder.unit();
  std::vector<float> row(index.data.row(slot).begin(), index.data.row(slot).end());
  if (!index.norms.empty()) {
    for (float& value : row) value *= index.norms[slot];
  }
  std::vector<float> r(dims);
  index.encoder.rotate_query(row.data(), r.data());
  Reference reference;
  for (std::size_t d = 0; d < dims; ++d) {
    const std::uint32_t word = scan_word(index.codes.scan_codes(), slot, d * bits / 32);
    const double code = word >> (d * bits % 32) & ((1U << bits) - 1U);
    const double z = code - 0.5 * ((1U << bits) - 1U);
    EXPECT_EQ(z > 0, r[d] >= 0) << "dimension " << d;
    reference.r_squares += static_cast<double>(r[d]) * static_cast<double>(r[d]);
    reference.dot += z * static_cast<double>(r[d]);
    reference.code_squares += z * z;
  }
  for (std::size_t d = 0; d < index.data.cols; ++d) {
    const double centre = index.encoder.centre()[d];
    reference.with_centre += (row[d] - centre) * centre / (unit * unit);
  }
  return reference;
}

TEST(Encoder, FactorsAreThoseOfTheFormulas) {
  for (const Metric metric : kMetrics) {
    for (const std::uint32_t bits : {1U, 2U}) {
      for (const std::size_t dim : {5U, 64U, 100U, 300U}) {
        const TestVectors data = gaussian_vectors(70, dim, dim, 3.0F, 1.0F);
        const Encoded index(data, metric, bits, 0, 7);
        const double pairs = metric == Metric::ip ? 1.0 : 2.0;
        for (std::size_t slot = 0; slot < data.rows; ++slot) {
          const Reference wanted = reference_of(index, slot);
          const Factors stored = scan_factors(index.codes.scan_codes(), slot);
          const double add = metric == Metric::ip ? -wanted.with_centre : wanted.r_squares;
          const double scale = std::sqrt(wanted.r_squares);
          EXPECT_LE(stored.add, add + 1e-5 * scale);
          EXPECT_NEAR(stored.add, add, 0x1p-10 * std::fabs(add) + 1e-5 * scale);
          EXPECT_NEAR(stored.rescale, pairs * wanted.rescale(),
                      0x1.1p-11 * pairs * wanted.rescale());
          // At least the paper's, at most what rounding to float16 and tables is worth.
          const double deviation = pairs * wanted.deviation(static_cast<double>(padded_dim(dim)));
          EXPECT_GE(stored.error, deviation);
          EXPECT_LE(stored.error, 1.01 * deviation + pairs * scale * 0.006);
          EXPECT_NEAR(index.codes.norms().data()[slot],
                      scale * static_cast<double>(index.encoder.unit()), 1e-4 * scale * 4);
        }
      }
    }
  }
}

TEST(Encoder, TheCentreIsTheMeanAndTheUnitAPowerOfTwo) {
  const TestVectors data = gaussian_vectors(5000, 20, 3, 2.0F, 5.0F);
  const Encoded index(data, Metric::l2, 1, 0, 7);
  for (std::size_t d = 0; d < 20; ++d) {
    double sum = 0;
    for (std::size_t i = 0; i < data.rows; ++i) sum += static_cast<double>(data.row(i)[d]);
    EXPECT_NEAR(index.encoder.centre()[d], sum / 5000.0, 1e-6);
  }
  int exponent = 0;
  EXPECT_EQ(std::frexp(index.encoder.unit(), &exponent), 0.5F);
  EXPECT_NEAR(static_cast<double>(index.encoder.unit()) / (2.0 * std::sqrt(20.0)), 1.0, 1.0);
}

TEST(Encoder, TrainingAndCodesDoNotDependOnThreads) {
  const TestVectors data = gaussian_vectors(9000, 33, 4);
  const Encoded one(data, Metric::cosine, 1, 4, 7);
  for (const std::size_t threads : {2U, 3U, 8U}) {
    Encoder encoder(33, 7, Metric::cosine, one.encoder.shape());
    encoder.train(one.source(), threads);
    EXPECT_EQ(encoder.centre(), one.encoder.centre());
    EXPECT_EQ(encoder.unit(), one.encoder.unit());
  }
}

TEST(Encoder, ACodeDoesNotDependOnTheRowsEncodedBesideIt) {
  const TestVectors data = gaussian_vectors(100, 70, 4);
  const Encoded index(data, Metric::ip, 2, 5, 7);
  CodeStore one_by_one(index.encoder.shape());
  one_by_one.resize(100);
  for (std::size_t i = 0; i < 100; ++i) {
    index.encoder.encode(index.source(), i, 1, i, one_by_one.writer());
  }
  const auto same = [](const auto& a, const auto& b) {
    return std::equal(a.data(), a.data() + a.size(), b.data(), b.data() + b.size());
  };
  EXPECT_TRUE(same(one_by_one.blocks(), index.codes.blocks()));
  EXPECT_TRUE(same(one_by_one.records(), index.codes.records()));
  EXPECT_TRUE(same(one_by_one.norms(), index.codes.norms()));
}

TEST(Encoder, FactorsFitFloat16AtEveryScale) {
  for (const float scale : {1e-15F, 1e-6F, 1.0F, 1e6F, 1e13F}) {
    for (const Metric metric : {Metric::l2, Metric::ip}) {
      TestVectors data = gaussian_vectors(70, 40, 5, scale, 30.0F * scale);
      for (std::size_t d = 0; d < 40; ++d) data.values[d] *= 300.0F;  // an outlier
      const Encoded index(data, metric, 1, 0, 7);
      for (std::size_t slot = 0; slot < data.rows; ++slot) {
        const Factors factors = scan_factors(index.codes.scan_codes(), slot);
        EXPECT_TRUE(std::isfinite(factors.add) && std::isfinite(factors.rescale) &&
                    std::isfinite(factors.error))
            << "scale " << scale << ", slot " << slot;
        EXPECT_GT(factors.error, 0.0F);
      }
    }
  }
}

TEST(Encoder, AVectorAtTheCentreHasNothingToEstimate) {
  const TestVectors data{3, 64, std::vector<float>(3 * 64, 2.5F)};
  const Encoded index(data, Metric::l2, 1, 4, 7);
  for (std::size_t slot = 0; slot < 3; ++slot) {
    const Factors factors = scan_factors(index.codes.scan_codes(), slot);
    EXPECT_EQ(factors.add, 0.0F);
    EXPECT_EQ(factors.rescale, 0.0F);
    EXPECT_EQ(factors.error, 0.0F);
  }
}

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
      missed_ += static_cast<double>(bounded.lower_bound(bounds[i])) > truth ? 1 : 0;
      double estimate = plain.score(estimates[i]);
      const double deviation = estimate - static_cast<double>(plain.score(deviations[i]));
      if (!refined) {
        const double stored = scan_factors(index.codes.scan_codes(), i).add;
        estimate += (unrounded_add(index, i) - stored) *
                    static_cast<double>(plain.score(1.0F) - plain.score(0.0F));
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
        const double error = static_cast<double>(plain.score(estimates[i])) -
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
