#include "index/encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "index/test_codes.h"

namespace ruvector::index {
namespace {

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
  index.encoder.rotate(row.data(), r.data());
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

// How far the direction of a code is from that of r: sqrt(1 / w^2 - 1), w their cosine.
double angle(double r_squares, double dot, double code_squares) {
  return std::sqrt(std::max(0.0, r_squares * code_squares / (dot * dot) - 1.0));
}

TEST(Encoder, CodesAreNearlyAsGoodAsTheBestScaleAllows) {
  for (const std::size_t dims : {64U, 320U}) {
    for (std::uint32_t bits = 2; bits <= 8; ++bits) {
      const TestVectors data = gaussian_vectors(60, dims, 41);
      const Encoded index(data, Metric::l2, 1, bits, 7);
      double stored = 0;
      double best = 0;
      for (std::size_t slot = 0; slot < data.rows; ++slot) {
        std::vector<float> r(dims);
        index.encoder.rotate(data.row(slot).data(), r.data());
        std::array<float, 2> sums;
        kernels::active().sums(r.data(), dims, sums.data());
        const double length = sums[1];
        // The stored error is 2 |r| sqrt((1 / w^2 - 1) / (D - 1)), and a rounding too small to see.
        float error;
        std::memcpy(&error,
                    index.codes.records().data() + slot * index.codes.shape().record_stride() +
                        dims / 8 * bits + 8,
                    4);
        stored += static_cast<double>(error) / 2.0 / std::sqrt(length) *
                  std::sqrt(static_cast<double>(dims) - 1.0);
        double least = 1e9;
        std::vector<std::uint8_t> codes(dims);
        const float typical = std::sqrt(sums[1] / static_cast<float>(dims));
        for (float step = 3.0F; step > 0.001F; step *= 0.97F) {
          const kernels::QuantizedSums z = kernels::active().quantize(
              r.data(), dims, 1.0F / (typical * step), bits, codes.data());
          least = std::min(least, angle(length, z.dot, 0.25 * static_cast<double>(z.squares)));
        }
        best += least;
      }
      EXPECT_LT(stored, 1.15 * best) << "bits " << bits << ", dims " << dims;
    }
  }
}

}  // namespace
}  // namespace ruvector::index
