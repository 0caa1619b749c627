// activate on every level.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

constexpr Activation kAll[] = {Activation::none, Activation::relu, Activation::hard_swish,
                               Activation::hard_sigmoid, Activation::gelu};

double exact(double x, Activation activation) {
  const double ramp = std::clamp(x + 3.0, 0.0, 6.0);
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::hard_swish:
      return x * ramp / 6.0;
    case Activation::hard_sigmoid:
      return ramp / 6.0;
    case Activation::gelu:
      return x * std::erfc(-x / std::sqrt(2.0)) / 2.0;
  }
  return 0;
}

class ActivateTest : public LevelTest {
 protected:
  // Rows with a gap of three values after each; returns the rows with their gaps.
  std::vector<float> activated(const KernelTable& level, const std::vector<float>& x,
                               std::size_t rows, const float* bias, Activation activation) const {
    Guarded<float> values(x.size());
    values.fill(x);
    level.encoder.activate(values.data(), x.size() / std::max<std::size_t>(rows, 1), rows,
                           x.size() / std::max<std::size_t>(rows, 1) - kGap, bias, activation);
    EXPECT_TRUE(values.intact());
    return values.values();
  }

  std::vector<float> activated(const KernelTable& level, std::vector<float> x,
                               Activation activation) const {
    x.resize(x.size() + kGap);
    std::vector<float> result = activated(level, x, 1, nullptr, activation);
    result.resize(result.size() - kGap);
    return result;
  }

  static constexpr std::size_t kGap = 3;
};

TEST_P(ActivateTest, EveryWidthHasTheBitsOfTheScalarLevelAndTheGapsStay) {
  for (std::size_t columns = 0; columns <= 70; ++columns) {
    const std::size_t rows = 3;
    std::vector<float> x = random_floats(rows * (columns + kGap));
    for (float& value : x) value *= 3;
    const std::vector<float> bias = random_floats(columns);
    for (const Activation activation : kAll) {
      for (const float* added : {bias.data(), static_cast<const float*>(nullptr)}) {
        const std::vector<float> found = activated(table(), x, rows, added, activation);
        EXPECT_EQ(bits_of(found), bits_of(activated(kScalarTable, x, rows, added, activation)))
            << "columns " << columns;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const std::size_t column = i % (columns + kGap);
          if (column >= columns) {
            ASSERT_EQ(found[i], x[i]) << "the gap after a row was written";
          } else {
            const double sum = added != nullptr ? x[i] + added[column] : x[i];
            ASSERT_NEAR(found[i], exact(sum, activation), 3e-7 * (1 + std::fabs(sum)));
          }
        }
      }
    }
  }
}

TEST_P(ActivateTest, GeluIsWithinItsBoundEverywhere) {
  std::vector<float> x;
  for (float value = -10.0f; value <= 10.0f; value += 1e-4f) x.push_back(value);
  const std::vector<float> found = activated(table(), x, Activation::gelu);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, std::fabs(found[i] - exact(x[i], Activation::gelu)));
  }
  EXPECT_LE(worst, 3e-7);
  EXPECT_EQ(bits_of(found), bits_of(activated(kScalarTable, x, Activation::gelu)));
}

TEST_P(ActivateTest, ExtremesHaveTheirLimitsAndTheBitsOfTheScalarLevel) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {0.0f,   -0.0f, inf,    -inf,  1e30f, -1e30f, 3.0f,    -3.0f,
                                1e-42f, -5.5f, -5.51f, 5.51f, 3e38f, -3e38f, -1e-40f, 6.0f};
  for (const Activation activation : kAll) {
    const std::vector<float> found = activated(table(), x, activation);
    EXPECT_EQ(bits_of(found), bits_of(activated(kScalarTable, x, activation)));
  }
  const std::vector<float> gelu = activated(table(), x, Activation::gelu);
  EXPECT_EQ(gelu[0], 0.0f);
  EXPECT_EQ(gelu[2], inf);
  EXPECT_NEAR(gelu[3], 0.0f, 3e-7f);
  EXPECT_EQ(gelu[4], 1e30f);
  EXPECT_NEAR(gelu[5], 0.0f, 3e-7f);
  const std::vector<float> sigmoid = activated(table(), x, Activation::hard_sigmoid);
  EXPECT_EQ(sigmoid[2], 1.0f);
  EXPECT_EQ(sigmoid[3], 0.0f);
  const std::vector<float> relu = activated(table(), x, Activation::relu);
  EXPECT_EQ(relu[2], inf);
  EXPECT_EQ(relu[3], 0.0f);
}

TEST_P(ActivateTest, NanStaysNan) {
  const std::vector<float> x(21, std::numeric_limits<float>::quiet_NaN());
  for (const Activation activation : kAll) {
    for (const float value : activated(table(), x, activation)) EXPECT_TRUE(std::isnan(value));
  }
}

RUVECTOR_TEST_LEVELS(ActivateTest);

}  // namespace
}  // namespace ruvector::kernels
