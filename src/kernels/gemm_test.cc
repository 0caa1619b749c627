// gemm on every level.
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

struct Shape {
  std::size_t m;
  std::size_t n;
  std::size_t k;
};

class GemmTest : public LevelTest {
 protected:
  void draw(const Shape& shape) {
    shape_ = shape;
    lda_ = shape.k + 3;
    ldc_ = shape.n + 5;
    a_ = random_floats(shape.m * lda_);
    b_ = random_floats(shape.k * shape.n);
  }

  // C with its gaps, computed by one level.
  std::vector<float> multiply(const KernelTable& level) const {
    Guarded<float> packed((shape_.n + kPanelColumns - 1) / kPanelColumns * kPanelColumns *
                          shape_.k);
    packed.fill(std::vector<float>(packed.size(), 0.0f));
    for (std::size_t i = 0; i < shape_.k; ++i) {
      for (std::size_t j = 0; j < shape_.n; ++j) {
        packed[j / kPanelColumns * kPanelColumns * shape_.k + i * kPanelColumns +
               j % kPanelColumns] = b_[i * shape_.n + j];
      }
    }
    Guarded<float> c(shape_.m * ldc_, 3);
    c.fill(std::vector<float>(c.size(), kUntouched));
    level.gemm(a_.data(), lda_, shape_.m, packed.data(), shape_.n, shape_.k, c.data(), ldc_);
    EXPECT_TRUE(c.intact());
    EXPECT_TRUE(packed.intact());
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
        double sum = 0;
        double size = 0;
        for (std::size_t i = 0; i < shape_.k; ++i) {
          const double term = double{a_[row * lda_ + i]} * b_[i * shape_.n + j];
          sum += term;
          size += std::fabs(term);
        }
        ASSERT_NEAR(found, sum, 2e-6 * size) << "row " << row << ", column " << j;
      }
    }
  }

 private:
  static constexpr float kUntouched = -123.25f;

  Shape shape_{};
  std::size_t lda_ = 0;
  std::size_t ldc_ = 0;
  std::vector<float> a_;
  std::vector<float> b_;
};

TEST_P(GemmTest, ProductsAreExactAndHaveTheBitsOfTheScalarLevelForEveryNumberOfRows) {
  for (std::size_t m = 0; m <= 34; ++m) {
    draw({m, 48, 37});
    const std::vector<float> c = multiply(table());
    expect_product(c);
    EXPECT_EQ(bits_of(c), bits_of(multiply(kScalarTable))) << "m " << m;
  }
}

TEST_P(GemmTest, ProductsAreExactAndHaveTheBitsOfTheScalarLevelForEveryNumberOfColumns) {
  for (std::size_t n = 0; n <= 150; ++n) {
    draw({11, n, 9});
    const std::vector<float> c = multiply(table());
    expect_product(c);
    EXPECT_EQ(bits_of(c), bits_of(multiply(kScalarTable))) << "n " << n;
  }
}

TEST_P(GemmTest, ProductsAreExactAndHaveTheBitsOfTheScalarLevelForEveryDepth) {
  for (std::size_t k = 0; k <= 257; ++k) {
    draw({9, 50, k});
    const std::vector<float> c = multiply(table());
    expect_product(c);
    EXPECT_EQ(bits_of(c), bits_of(multiply(kScalarTable))) << "k " << k;
  }
}

TEST_P(GemmTest, DeepProductsHaveTheBitsOfTheScalarLevel) {
  for (const std::size_t k : {1000U, 2049U, 8192U}) {
    draw({10, 49, k});
    EXPECT_EQ(bits_of(multiply(table())), bits_of(multiply(kScalarTable))) << "k " << k;
  }
}

RUVECTOR_TEST_LEVELS(GemmTest);

}  // namespace
}  // namespace ruvector::kernels
