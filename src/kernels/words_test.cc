// quantize_words and gemm_words on every level, against sums in 64-bit integers and doubles.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

constexpr int kMostWord = 2047;

struct Quantised {
  std::vector<std::int16_t> words;  // with the gaps
  std::vector<float> scales;
  friend bool operator==(const Quantised&, const Quantised&) = default;
};

class QuantizeWordsTest : public LevelTest {
 protected:
  static constexpr std::size_t kStrideGap = 3;
  static constexpr std::size_t kOutGap = 5;
  static constexpr std::int16_t kUntouched = 7777;

  static Quantised quantise(const KernelTable& level, const std::vector<float>& x, std::size_t rows,
                            std::size_t columns) {
    Guarded<std::int16_t> out(rows * (columns + kOutGap));
    out.fill(std::vector<std::int16_t>(out.size(), kUntouched));
    Guarded<float> scales(rows);
    level.encoder.quantize_words(x.data(), columns + kStrideGap, rows, columns, out.data(),
                                 columns + kOutGap, scales.data());
    EXPECT_TRUE(out.intact());
    EXPECT_TRUE(scales.intact());
    return {out.values(), scales.values()};
  }

  void expect_right(const std::vector<float>& x, std::size_t rows, std::size_t columns) const {
    const Quantised found = quantise(table(), x, rows, columns);
    EXPECT_EQ(found, quantise(kScalarTable, x, rows, columns));
    for (std::size_t row = 0; row < rows; ++row) {
      const double scale = found.scales[row];
      double most = 0;
      for (std::size_t c = 0; c < columns; ++c) {
        const double value = x[row * (columns + kStrideGap) + c];
        const int word = found.words[row * (columns + kOutGap) + c];
        most = std::max(most, std::fabs(value));
        ASSERT_LE(std::abs(word), kMostWord);
        ASSERT_NEAR(scale * word, value, 0.501 * scale) << "row " << row << ", column " << c;
      }
      ASSERT_NEAR(scale, most >= 1e-30 ? most / kMostWord : 1, 1e-6 * scale) << "row " << row;
      for (std::size_t c = columns; c < columns + kOutGap; ++c) {
        ASSERT_EQ(found.words[row * (columns + kOutGap) + c], kUntouched) << "gap after " << row;
      }
    }
  }
};

TEST_P(QuantizeWordsTest, WordsAreNearestForEveryNumberOfColumns) {
  for (std::size_t columns = 0; columns <= 140; columns += 2) {
    expect_right(random_floats(3 * (columns + kStrideGap)), 3, columns);
  }
}

TEST_P(QuantizeWordsTest, RowsOfZerosAndOfTheLeastNumbersAreZeros) {
  for (const float value : {0.0f, -0.0f, 1e-45f, -1e-40f, 9e-31f}) {
    const std::vector<float> x(22 + kStrideGap, value);
    const Quantised found = quantise(table(), x, 1, 22);
    EXPECT_EQ(found.scales[0], 1.0f) << value;
    for (std::size_t c = 0; c < 22; ++c) EXPECT_EQ(found.words[c], 0) << value;
  }
}

TEST_P(QuantizeWordsTest, TheLeastAndTheLargestRangesAreRight) {
  for (const float most : {2e-30f, 1e-20f, 1.0f, 1e20f, kMostQuantised}) {
    std::vector<float> x = random_floats(66 + kStrideGap);
    for (float& value : x) value = std::clamp(value, -1.0f, 1.0f) * most;
    x[65] = -most;
    expect_right(x, 1, 66);
  }
}

TEST_P(QuantizeWordsTest, TiesGoToTheEvenWord) {
  std::vector<float> x(16 + kStrideGap, 0.0f);
  x[0] = 2047.0f;
  for (std::size_t c = 1; c < 16; ++c) x[c] = -static_cast<float>(c) - 0.5f;
  const Quantised found = quantise(table(), x, 1, 16);
  ASSERT_EQ(found.scales[0], 1.0f);
  for (std::size_t c = 1; c < 16; ++c) {
    const int even = static_cast<int>(c % 2 == 0 ? c : c + 1);
    EXPECT_EQ(found.words[c], -even);
  }
}

RUVECTOR_TEST_LEVELS(QuantizeWordsTest);

class GemmWordsTest : public LevelTest {
 protected:
  void draw(std::size_t m, std::size_t n, std::size_t k) {
    m_ = m;
    n_ = n;
    k_ = k;
    lda_ = k + 2;
    ldc_ = n + 5;
    a_.resize(m * lda_);
    for (std::int16_t& word : a_) word = random_word();
    b_.resize(k * n);
    for (std::int16_t& word : b_) word = random_word();
    row_scales_ = random_floats(m);
    column_scales_ = random_floats(n);
  }

  void fill_words(std::int16_t a, std::int16_t b) {
    std::ranges::fill(a_, a);
    std::ranges::fill(b_, b);
  }

  // C with its gaps, computed by one level.
  std::vector<float> multiply(const KernelTable& level) const {
    const std::size_t padded = (n_ + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
    Guarded<std::int16_t> words(padded * k_);
    words.fill(std::vector<std::int16_t>(words.size()));
    Guarded<float> scales(padded);
    scales.fill(std::vector<float>(padded));
    for (std::size_t j = 0; j < n_; ++j) {
      const std::size_t panel = j / kPanelColumns * kPanelColumns;
      for (std::size_t i = 0; i < k_; ++i) {
        words[panel * k_ + (i / 2 * kPanelColumns + j % kPanelColumns) * 2 + i % 2] =
            b_[i * n_ + j];
      }
      scales[j] = column_scales_[j];
    }
    Guarded<float> c(m_ * ldc_, 3);
    c.fill(std::vector<float>(c.size(), kUntouched));
    level.encoder.gemm_words(a_.data(), lda_, row_scales_.data(), m_, {words.data(), scales.data()},
                             n_, k_, c.data(), ldc_);
    EXPECT_TRUE(c.intact());
    return c.values();
  }

  void expect_product(const std::vector<float>& c) const {
    for (std::size_t row = 0; row < m_; ++row) {
      for (std::size_t j = 0; j < ldc_; ++j) {
        const float found = c[row * ldc_ + j];
        if (j >= n_) {
          ASSERT_EQ(found, kUntouched) << "the gap after a row of C was written";
          continue;
        }
        ASSERT_EQ(bits_of(found), bits_of(element(row, j))) << "row " << row << ", column " << j;
      }
    }
  }

  // An element as the contract states it, the sums of its chunks in 64 bits.
  float element(std::size_t row, std::size_t j) const {
    float total = 0;
    for (std::size_t start = 0; start < k_; start += kWordChunk) {
      std::int64_t sum = 0;
      for (std::size_t i = start; i < std::min(k_, start + kWordChunk); ++i) {
        sum += std::int64_t{a_[row * lda_ + i]} * b_[i * n_ + j];
      }
      total += static_cast<float>(sum);
    }
    return total * (row_scales_[row] * column_scales_[j]);
  }

 private:
  static constexpr float kUntouched = -123.25f;

  std::int16_t random_word() {
    return static_cast<std::int16_t>(static_cast<int>(random_up_to(2 * kMostWord)) - kMostWord);
  }

  std::size_t m_ = 0;
  std::size_t n_ = 0;
  std::size_t k_ = 0;
  std::size_t lda_ = 0;
  std::size_t ldc_ = 0;
  std::vector<std::int16_t> a_;
  std::vector<std::int16_t> b_;  // (k, n)
  std::vector<float> row_scales_;
  std::vector<float> column_scales_;
};

TEST_P(GemmWordsTest, ProductsAreExactForEveryNumberOfRows) {
  for (std::size_t m = 0; m <= 34; ++m) {
    draw(m, 48, 38);
    expect_product(multiply(table()));
  }
}

TEST_P(GemmWordsTest, ProductsAreExactForEveryNumberOfColumns) {
  for (std::size_t n = 0; n <= 150; ++n) {
    draw(11, n, 10);
    expect_product(multiply(table()));
  }
}

TEST_P(GemmWordsTest, ProductsAreExactForEveryDepthAroundAChunk) {
  for (std::size_t k = 0; k <= 64; k += 2) {
    draw(9, 50, k);
    expect_product(multiply(table()));
  }
  for (const std::size_t k : {382U, 384U, 386U, 766U, 768U, 770U, 1536U}) {
    draw(9, 50, k);
    expect_product(multiply(table()));
  }
}

TEST_P(GemmWordsTest, TheLargestSumsAreExact) {
  draw(10, 96, 1536);
  for (const int a : {-kMostWord, kMostWord}) {
    fill_words(static_cast<std::int16_t>(a), kMostWord);
    expect_product(multiply(table()));
  }
}

RUVECTOR_TEST_LEVELS(GemmWordsTest);

}  // namespace
}  // namespace ruvector::kernels
