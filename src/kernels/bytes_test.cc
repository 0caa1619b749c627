// quantize_bytes and gemm_bytes on every level, against sums in 64-bit integers and doubles.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

// What quantize_bytes() makes of rows with gaps after them.
struct Quantised {
  std::vector<std::uint8_t> bytes;  // with the gaps
  std::vector<float> scales;
  std::vector<std::int32_t> zeros;
  friend bool operator==(const Quantised&, const Quantised&) = default;
};

class QuantizeBytesTest : public LevelTest {
 protected:
  static constexpr std::size_t kStrideGap = 3;
  static constexpr std::size_t kOutGap = 5;
  static constexpr std::uint8_t kUntouched = 77;

  static Quantised quantise(const KernelTable& level, const std::vector<float>& x, std::size_t rows,
                            std::size_t columns, const float* factors) {
    Guarded<std::uint8_t> out(rows * (columns + kOutGap));
    out.fill(std::vector<std::uint8_t>(out.size(), kUntouched));
    Guarded<ByteScale> scales(rows);
    level.encoder.quantize_bytes(x.data(), columns + kStrideGap, rows, columns, factors, out.data(),
                                 columns + kOutGap, scales.data());
    EXPECT_TRUE(out.intact());
    EXPECT_TRUE(scales.intact());
    Quantised quantised{out.values(), {}, {}};
    for (const ByteScale& scale : scales.values()) {
      quantised.scales.push_back(scale.scale);
      quantised.zeros.push_back(scale.zero);
    }
    return quantised;
  }

  // Each byte stands for its value to within half a step, and each row's extremes fit.
  static void expect_close(const Quantised& found, const std::vector<float>& x, std::size_t rows,
                           std::size_t columns, const float* factors) {
    for (std::size_t row = 0; row < rows; ++row) {
      const double scale = found.scales[row];
      double range_low = 0;
      double range_high = 0;
      for (std::size_t c = 0; c < columns; ++c) {
        const float factor = factors != nullptr ? factors[c] : 1.0f;
        const double value = x[row * (columns + kStrideGap) + c] * factor;
        range_low = std::min(range_low, value);
        range_high = std::max(range_high, value);
        const int byte = found.bytes[row * (columns + kOutGap) + c];
        // Rounding the product may pass a tie, and the zero may be half a step off at the ends.
        ASSERT_NEAR(scale * (byte - found.zeros[row]), value, 1.001 * scale) << "column " << c;
        if (byte > 0 && byte < 255) {
          ASSERT_NEAR(scale * (byte - found.zeros[row]), value, 0.5001 * scale) << "column " << c;
        }
      }
      const double range = range_high - range_low;
      ASSERT_NEAR(scale, range >= 1e-30 ? range / 255 : 1, 1e-6 * scale) << "row " << row;
      for (std::size_t c = columns; c < columns + kOutGap; ++c) {
        ASSERT_EQ(found.bytes[row * (columns + kOutGap) + c], kUntouched) << "gap after " << row;
      }
    }
  }

  void expect_right(const std::vector<float>& x, std::size_t rows, std::size_t columns,
                    const float* factors) const {
    const Quantised found = quantise(table(), x, rows, columns, factors);
    expect_close(found, x, rows, columns, factors);
    EXPECT_EQ(found, quantise(kScalarTable, x, rows, columns, factors));
  }
};

TEST_P(QuantizeBytesTest, BytesAreNearestForEveryNumberOfColumns) {
  for (std::size_t columns = 0; columns <= 140; columns += 4) {
    const std::vector<float> x = random_floats(3 * (columns + kStrideGap));
    const std::vector<float> factors = random_floats(columns);
    expect_right(x, 3, columns, nullptr);
    expect_right(x, 3, columns, factors.data());
  }
}

TEST_P(QuantizeBytesTest, OneSidedRowsUseTheirWholeRange) {
  std::vector<float> x = random_floats(2 * (64 + kStrideGap));
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = i < x.size() / 2 ? std::fabs(x[i]) + 1 : -std::fabs(x[i]) - 1;
  }
  expect_right(x, 2, 64, nullptr);
  const Quantised found = quantise(table(), x, 2, 64, nullptr);
  EXPECT_EQ(found.zeros[0], 0);
  EXPECT_EQ(found.zeros[1], 255);
  EXPECT_EQ(std::ranges::count(found.bytes.begin(), found.bytes.begin() + 64, 255), 1);
}

TEST_P(QuantizeBytesTest, AFactorOfZeroLeavesAColumnOutOfTheRange) {
  std::vector<float> x = random_floats(64 + kStrideGap);
  std::vector<float> factors(64, 1.0f);
  x[9] = 1e6f;
  factors[9] = 0.0f;
  expect_right(x, 1, 64, factors.data());
  const Quantised found = quantise(table(), x, 1, 64, factors.data());
  EXPECT_LT(found.scales[0], 1.0f);
  EXPECT_EQ(found.bytes[9], found.zeros[0]);
}

TEST_P(QuantizeBytesTest, RowsOfZerosAndOfTheLeastNumbersAreZeros) {
  for (const float value : {0.0f, -0.0f, 1e-45f, -1e-40f, 4e-31f}) {
    const std::vector<float> x(20 + kStrideGap, value);
    const Quantised found = quantise(table(), x, 1, 20, nullptr);
    EXPECT_EQ(found, quantise(kScalarTable, x, 1, 20, nullptr));
    EXPECT_EQ(found.scales[0], 1.0f) << value;
    for (std::size_t c = 0; c < 20; ++c) EXPECT_EQ(found.bytes[c], found.zeros[0]) << value;
  }
}

TEST_P(QuantizeBytesTest, TheLeastAndTheLargestRangesAreRight) {
  for (const float most : {2e-30f, 1e-20f, 1.0f, 1e20f, kMostQuantised}) {
    std::vector<float> x = random_floats(64 + kStrideGap);
    for (float& value : x) value = std::clamp(value, -1.0f, 1.0f) * most;
    x[0] = most;
    x[17] = -most;
    expect_right(x, 1, 64, nullptr);
  }
}

TEST_P(QuantizeBytesTest, TiesGoToTheEvenByte) {
  // A range of 255 makes the scale 1: values of x.5 are ties.
  std::vector<float> x(16 + kStrideGap, 0.0f);
  x[0] = 255.0f;
  for (std::size_t c = 1; c < 16; ++c) x[c] = static_cast<float>(c) + 0.5f;
  const Quantised found = quantise(table(), x, 1, 16, nullptr);
  ASSERT_EQ(found.scales[0], 1.0f);
  for (std::size_t c = 1; c < 16; ++c) EXPECT_EQ(found.bytes[c], c % 2 == 0 ? c : c + 1);
}

RUVECTOR_TEST_LEVELS(QuantizeBytesTest);

class GemmBytesTest : public LevelTest {
 protected:
  struct Shape {
    std::size_t m;
    std::size_t n;
    std::size_t k;
    std::size_t exact = 0;
  };

  // Random sides, bytes of A from 0 to 255, of B from -127 to 127.
  void draw(const Shape& shape) {
    shape_ = shape;
    lda_ = shape.k + 4;
    ldc_ = shape.n + 5;
    a_.resize(shape.m * lda_);
    for (std::uint8_t& byte : a_) byte = static_cast<std::uint8_t>(random_up_to(255));
    b_.resize(shape.k * shape.n);
    for (std::int8_t& byte : b_) {
      byte = static_cast<std::int8_t>(static_cast<int>(random_up_to(254)) - 127);
    }
    row_scales_.resize(shape.m);
    for (ByteScale& scale : row_scales_) {
      scale = {std::fabs(random_float()) + 0.01f, static_cast<std::int32_t>(random_up_to(255))};
    }
    column_scales_ = random_floats(shape.n);
    exact_ = random_floats(shape.m * (shape.exact + 1));
    exact_b_ = random_floats(shape.exact * shape.n);
  }

  void fill_bytes(std::uint8_t a, std::int8_t b, std::int32_t zero) {
    std::ranges::fill(a_, a);
    std::ranges::fill(b_, b);
    for (ByteScale& scale : row_scales_) scale.zero = zero;
  }

  // C with its gaps, computed by one level.
  std::vector<float> multiply(const KernelTable& level) const {
    const std::size_t padded = (shape_.n + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
    Guarded<std::int8_t> bytes(padded * shape_.k);
    bytes.fill(std::vector<std::int8_t>(bytes.size()));
    Guarded<float> scales(padded);
    scales.fill(std::vector<float>(padded));
    Guarded<std::int32_t> sums(padded);
    sums.fill(std::vector<std::int32_t>(padded));
    Guarded<float> exact(padded * shape_.exact);
    exact.fill(std::vector<float>(exact.size()));
    for (std::size_t j = 0; j < shape_.n; ++j) {
      const std::size_t panel = j / kPanelColumns * kPanelColumns;
      for (std::size_t i = 0; i < shape_.k; ++i) {
        bytes[panel * shape_.k + (i / 4 * kPanelColumns + j % kPanelColumns) * 4 + i % 4] =
            b_[i * shape_.n + j];
        sums[j] += b_[i * shape_.n + j];
      }
      for (std::size_t e = 0; e < shape_.exact; ++e) {
        exact[panel * shape_.exact + e * kPanelColumns + j % kPanelColumns] =
            exact_b_[e * shape_.n + j];
      }
      scales[j] = column_scales_[j];
    }
    Guarded<float> c(shape_.m * ldc_, 3);
    c.fill(std::vector<float>(c.size(), kUntouched));
    level.encoder.gemm_bytes({a_.data(), lda_, row_scales_.data(), exact_.data(), shape_.exact + 1},
                             shape_.m,
                             {bytes.data(), scales.data(), sums.data(), exact.data(), shape_.exact},
                             shape_.n, shape_.k, c.data(), ldc_);
    EXPECT_TRUE(c.intact());
    return c.values();
  }

  void expect_product(const std::vector<float>& c) const {
    for (std::size_t row = 0; row < shape_.m; ++row) {
      for (std::size_t j = 0; j < ldc_; ++j) {
        const float found = c[row * ldc_ + j];
        if (j >= shape_.n) {
          ASSERT_EQ(found, kUntouched) << "the gap after a row of C was written";
          continue;
        }
        ASSERT_EQ(bits_of(found), bits_of(element(row, j))) << "row " << row << ", column " << j;
      }
    }
  }

  // An element as the contract states it, its sum in 64 bits.
  float element(std::size_t row, std::size_t j) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < shape_.k; ++i) {
      sum += (std::int64_t{a_[row * lda_ + i]} - row_scales_[row].zero) * b_[i * shape_.n + j];
    }
    EXPECT_LE(std::abs(sum), std::numeric_limits<std::int32_t>::max());
    float value = static_cast<float>(sum) * (row_scales_[row].scale * column_scales_[j]);
    for (std::size_t e = 0; e < shape_.exact; ++e) {
      value = std::fma(exact_[row * (shape_.exact + 1) + e], exact_b_[e * shape_.n + j], value);
    }
    return value;
  }

 private:
  static constexpr float kUntouched = -123.25f;

  Shape shape_{};
  std::size_t lda_ = 0;
  std::size_t ldc_ = 0;
  std::vector<std::uint8_t> a_;
  std::vector<std::int8_t> b_;  // (k, n)
  std::vector<ByteScale> row_scales_;
  std::vector<float> column_scales_;
  std::vector<float> exact_;    // (m, exact + 1)
  std::vector<float> exact_b_;  // (exact, n)
};

TEST_P(GemmBytesTest, ProductsAreExactForEveryNumberOfRows) {
  for (std::size_t m = 0; m <= 34; ++m) {
    draw({m, 48, 36, m % 5});
    expect_product(multiply(table()));
  }
}

TEST_P(GemmBytesTest, ProductsAreExactForEveryNumberOfColumns) {
  for (std::size_t n = 0; n <= 150; ++n) {
    draw({11, n, 8, 2});
    expect_product(multiply(table()));
  }
}

TEST_P(GemmBytesTest, ProductsAreExactForEveryDepth) {
  for (std::size_t k = 0; k <= 256; k += 4) {
    draw({9, 50, k, 1});
    expect_product(multiply(table()));
  }
}

TEST_P(GemmBytesTest, ProductsAreExactForTheShapesOfEncoders) {
  for (const Shape& shape : {Shape{10, 1152, 384, 4}, Shape{17, 384, 1536, 16}}) {
    draw(shape);
    expect_product(multiply(table()));
  }
}

TEST_P(GemmBytesTest, TheLargestSumsAreExactAtTheDepthLimit) {
  draw({3, 20, kMostByteDepth});
  for (const int a : {0, 255}) {
    for (const int b : {-127, 127}) {
      for (const std::int32_t zero : {0, 128, 255}) {
        fill_bytes(static_cast<std::uint8_t>(a), static_cast<std::int8_t>(b), zero);
        expect_product(multiply(table()));
      }
    }
  }
}

TEST_P(GemmBytesTest, NeighbouringProductsDoNotSaturate) {
  // 2 * 255 * 127 is more than 16 bits hold.
  draw({13, 96, 1536});
  fill_bytes(255, 127, 0);
  expect_product(multiply(table()));
  fill_bytes(255, -127, 0);
  expect_product(multiply(table()));
}

RUVECTOR_TEST_LEVELS(GemmBytesTest);

}  // namespace
}  // namespace ruvector::kernels
