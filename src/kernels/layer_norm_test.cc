// layer_norm on every level.
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

constexpr float kEpsilon = 1e-12f;

struct Norm {
  std::size_t rows = 1;
  std::vector<float> x;
  std::vector<float> bias;      // empty: none
  std::vector<float> residual;  // empty: none
  std::vector<float> scale;
  std::vector<float> shift;

  std::size_t dim() const { return scale.size(); }
};

const float* data_or_null(const std::vector<float>& values) {
  return values.empty() ? nullptr : values.data();
}

std::vector<float> normalised(const KernelTable& level, const Norm& norm) {
  Guarded<float> out(norm.x.size());
  level.encoder.layer_norm(norm.x.data(), data_or_null(norm.bias), data_or_null(norm.residual),
                           norm.rows, norm.dim(), norm.scale.data(), norm.shift.data(), kEpsilon,
                           out.data());
  EXPECT_TRUE(out.intact());
  return out.values();
}

std::vector<double> exact_row(const Norm& norm, std::size_t row) {
  std::vector<double> values(norm.dim());
  double mean = 0;
  for (std::size_t i = 0; i < norm.dim(); ++i) {
    const std::size_t at = row * norm.dim() + i;
    values[i] = norm.x[at];
    if (!norm.bias.empty()) values[i] += norm.bias[i];
    if (!norm.residual.empty()) values[i] += norm.residual[at];
    mean += values[i] / static_cast<double>(norm.dim());
  }
  double variance = 0;
  for (double& value : values) {
    value -= mean;
    variance += value * value / static_cast<double>(norm.dim());
  }
  for (std::size_t i = 0; i < norm.dim(); ++i) {
    values[i] = values[i] / std::sqrt(variance + double{kEpsilon}) * norm.scale[i] + norm.shift[i];
  }
  return values;
}

class LayerNormTest : public LevelTest {
 protected:
  Norm draw(std::size_t rows, std::size_t dim, bool bias, bool residual) {
    Norm norm;
    norm.rows = rows;
    norm.x = random_floats(rows * dim);
    for (float& value : norm.x) value += 0.5f;
    if (bias) norm.bias = random_floats(dim);
    if (residual) norm.residual = random_floats(rows * dim);
    norm.scale = random_floats(dim);
    norm.shift = random_floats(dim);
    return norm;
  }

  void expect_exact(const Norm& norm) const {
    const std::vector<float> found = normalised(table(), norm);
    ASSERT_EQ(bits_of(found), bits_of(normalised(kScalarTable, norm))) << "dim " << norm.dim();
    for (std::size_t row = 0; row < norm.rows; ++row) {
      const std::vector<double> exact = exact_row(norm, row);
      for (std::size_t i = 0; i < norm.dim(); ++i) {
        const double size = std::fabs(exact[i]) + std::fabs(norm.scale[i]);
        ASSERT_NEAR(found[row * norm.dim() + i], exact[i], 3e-6 * size) << "dim " << norm.dim();
      }
    }
  }
};

TEST_P(LayerNormTest, EveryWidthIsExactAndHasTheBitsOfTheScalarLevel) {
  // Two elements may be equal by chance but for rounding, which their variance would magnify.
  for (std::size_t dim = 3; dim <= 150; ++dim) {
    expect_exact(draw(2, dim, dim % 2 == 0, dim % 3 == 0));
  }
}

TEST_P(LayerNormTest, TheWidthsOfEncodersAreExactAndHaveTheBitsOfTheScalarLevel) {
  for (const std::size_t dim : {384U, 512U, 768U, 1024U}) expect_exact(draw(3, dim, true, true));
}

TEST_P(LayerNormTest, OutputMayBeTheInputOrTheResidual) {
  for (const std::size_t dim : {5U, 64U, 100U, 384U}) {
    const Norm norm = draw(2, dim, true, true);
    const std::vector<float> apart = normalised(table(), norm);
    Norm same = norm;
    table().encoder.layer_norm(same.x.data(), same.bias.data(), same.residual.data(), same.rows,
                               dim, same.scale.data(), same.shift.data(), kEpsilon, same.x.data());
    EXPECT_EQ(bits_of(same.x), bits_of(apart));
    same = norm;
    table().encoder.layer_norm(same.x.data(), same.bias.data(), same.residual.data(), same.rows,
                               dim, same.scale.data(), same.shift.data(), kEpsilon,
                               same.residual.data());
    EXPECT_EQ(bits_of(same.residual), bits_of(apart));
  }
}

TEST_P(LayerNormTest, EqualElementsGiveTheShift) {
  Norm norm = draw(1, 64, false, false);
  std::fill(norm.x.begin(), norm.x.end(), 0.75f);
  EXPECT_EQ(normalised(table(), norm), norm.shift);
}

TEST_P(LayerNormTest, NanMakesItsRowNanAndNoOther) {
  Norm norm = draw(2, 37, false, false);
  norm.x[36] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> found = normalised(table(), norm);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(std::isnan(found[i]), i < 37) << i;
}

RUVECTOR_TEST_LEVELS(LayerNormTest);

}  // namespace
}  // namespace ruvector::kernels
