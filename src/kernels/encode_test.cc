// walsh_hadamard and quantize on every level.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

class WalshHadamardTest : public LevelTest {
 protected:
  static std::vector<float> transform(const KernelTable& level, const std::vector<float>& x) {
    Guarded<float> values(x.size(), 3);
    values.fill(x);
    level.walsh_hadamard(values.data(), x.size());
    EXPECT_TRUE(values.intact());
    return values.values();
  }
};

TEST_P(WalshHadamardTest, SmallWholeNumbersGiveTheExactTransform) {
  for (std::size_t n = 1; n <= 1024; n *= 2) {
    std::vector<float> x(n);
    for (float& value : x) value = static_cast<float>(random_up_to(2000)) - 1000.0f;
    const std::vector<float> found = transform(table(), x);
    for (std::size_t i = 0; i < n; ++i) {
      std::int64_t expected = 0;
      for (std::size_t j = 0; j < n; ++j) {
        const auto term = static_cast<std::int64_t>(x[j]);
        expected += std::popcount(i & j) % 2 == 0 ? term : -term;
      }
      ASSERT_EQ(found[i], static_cast<float>(expected)) << "n " << n << ", i " << i;
    }
  }
}

TEST_P(WalshHadamardTest, RoundedTransformsHaveTheBitsOfTheScalarLevel) {
  for (std::size_t n = 1; n <= 8192; n *= 2) {
    const std::vector<float> x = random_floats(n);
    EXPECT_EQ(bits_of(transform(table(), x)), bits_of(transform(kScalarTable, x))) << "n " << n;
  }
}

class QuantizeTest : public LevelTest {
 protected:
  struct Result {
    std::vector<std::uint8_t> codes;
    QuantizedSums sums;
  };

  static Result quantize(const KernelTable& level, const std::vector<float>& r, float scale,
                         std::uint32_t bits) {
    Guarded<float> values(r.size(), 5);
    values.fill(r);
    Guarded<std::uint8_t> codes(r.size(), 11);
    const QuantizedSums sums = level.quantize(values.data(), r.size(), scale, bits, codes.data());
    EXPECT_TRUE(codes.intact());
    return {codes.values(), sums};
  }

  static void expect_codes(const std::vector<float>& r, float scale, std::uint32_t bits,
                           const Result& found) {
    const int half = 1 << (bits - 1);
    double dot = 0;
    double size = 0;
    std::int64_t squares = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
      const double product = std::fabs(r[i]) * scale;  // rounded to float before it is widened
      const int magnitude = product >= half - 1 ? half - 1 : static_cast<int>(product);
      const int code = r[i] >= 0 ? half + magnitude : half - 1 - magnitude;
      ASSERT_EQ(found.codes[i], code) << "value " << r[i] << ", bits " << bits;
      const double z = code - (std::pow(2.0, bits) - 1) / 2;
      dot += r[i] * z;
      size += std::fabs(r[i] * z);
      squares += static_cast<std::int64_t>(4 * z * z);
    }
    EXPECT_EQ(found.sums.squares, squares);
    EXPECT_NEAR(found.sums.dot, dot, 1e-6 * size);
  }
};

TEST_P(QuantizeTest, CodesAndSumsFollowTheirDefinition) {
  for (std::uint32_t bits = 1; bits <= 8; ++bits) {
    for (std::size_t n = 0; n <= 512; n += 64) {
      const std::vector<float> r = random_floats(n);
      const float scale = static_cast<float>(1 << bits) / 5.0f;
      const Result found = quantize(table(), r, scale, bits);
      expect_codes(r, scale, bits, found);
      const Result scalar = quantize(kScalarTable, r, scale, bits);
      EXPECT_EQ(bits_of(found.sums.dot), bits_of(scalar.sums.dot)) << "n " << n;
    }
  }
}

TEST_P(QuantizeTest, ValuesBeyondTheGridTakeItsLastCode) {
  std::vector<float> r(64, 0.0f);
  r[0] = 3e30f;
  r[1] = -3e30f;
  r[2] = 4294967296.0f;
  r[3] = -2147483648.0f;
  r[4] = -0.0f;
  r[5] = 1e-45f;
  r[6] = -1e-45f;
  r[7] = 127.0f;
  r[8] = -126.99999f;
  for (std::uint32_t bits = 1; bits <= 8; ++bits) {
    const Result found = quantize(table(), r, 1.0f, bits);
    expect_codes(r, 1.0f, bits, found);
    EXPECT_EQ(found.codes[0], (1 << bits) - 1);
    EXPECT_EQ(found.codes[1], 0);
    EXPECT_EQ(found.codes[4], 1 << (bits - 1)) << "-0 counts as not negative";
  }
}

TEST_P(QuantizeTest, LongVectorsKeepTheirSumOfSquaresExact) {
  const std::vector<float> r(65536, -9.0f);
  const Result found = quantize(table(), r, 1000.0f, 8);
  EXPECT_EQ(found.sums.squares, std::int64_t{65536} * 255 * 255);
}

RUVECTOR_TEST_LEVELS(WalshHadamardTest);
RUVECTOR_TEST_LEVELS(QuantizeTest);

}  // namespace
}  // namespace ruvector::kernels
