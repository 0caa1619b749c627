// depthwise on every level.
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

struct Shape {
  std::size_t height;
  std::size_t width;
  std::size_t channels;
  std::size_t kernel;
  std::size_t step;
};

class DepthwiseTest : public LevelTest {
 protected:
  void draw(const Shape& shape) {
    shape_ = shape;
    input_ = random_floats(shape.height * shape.width * shape.channels);
    weights_ = random_floats(shape.kernel * shape.kernel * shape.channels);
    bias_ = random_floats(shape.channels);
  }

  std::size_t rows() const { return (shape_.height - 1) / shape_.step + 1; }
  std::size_t columns() const { return (shape_.width - 1) / shape_.step + 1; }

  std::vector<float> convolved(const KernelTable& level, Activation activation) const {
    Guarded<float> output(rows() * columns() * shape_.channels);
    level.encoder.depthwise({input_.data(), shape_.height, shape_.width, shape_.channels,
                             weights_.data(), shape_.kernel, shape_.step, bias_.data(), activation,
                             output.data()});
    EXPECT_TRUE(output.intact());
    return output.values();
  }

  // The sum over the taps inside of the image, and of their sizes.
  double exact(std::size_t y, std::size_t x, std::size_t channel, double& size) const {
    double sum = bias_[channel];
    size = std::fabs(sum);
    const auto half = static_cast<std::ptrdiff_t>(shape_.kernel / 2);
    for (std::ptrdiff_t dy = -half; dy <= half; ++dy) {
      for (std::ptrdiff_t dx = -half; dx <= half; ++dx) {
        const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(y * shape_.step) + dy;
        const std::ptrdiff_t column = static_cast<std::ptrdiff_t>(x * shape_.step) + dx;
        if (row < 0 || row >= static_cast<std::ptrdiff_t>(shape_.height)) continue;
        if (column < 0 || column >= static_cast<std::ptrdiff_t>(shape_.width)) continue;
        const auto pixel =
            static_cast<std::size_t>(row) * shape_.width + static_cast<std::size_t>(column);
        const auto tap = static_cast<std::size_t>(dy + half) * shape_.kernel +
                         static_cast<std::size_t>(dx + half);
        const double term = double{input_[pixel * shape_.channels + channel]} *
                            weights_[tap * shape_.channels + channel];
        sum += term;
        size += std::fabs(term);
      }
    }
    return sum;
  }

  void expect_exact() const {
    const std::vector<float> found = convolved(table(), Activation::none);
    std::size_t at = 0;
    for (std::size_t y = 0; y < rows(); ++y) {
      for (std::size_t x = 0; x < columns(); ++x) {
        for (std::size_t channel = 0; channel < shape_.channels; ++channel, ++at) {
          double size = 0;
          const double sum = exact(y, x, channel, size);
          ASSERT_NEAR(found[at], sum, 1e-6 * size) << "pixel " << y << ", " << x;
        }
      }
    }
  }

  void expect_bits_of_scalar(Activation activation) const {
    EXPECT_EQ(bits_of(convolved(table(), activation)),
              bits_of(convolved(kScalarTable, activation)));
  }

  std::vector<float>& input() { return input_; }

 private:
  Shape shape_{};
  std::vector<float> input_;
  std::vector<float> weights_;
  std::vector<float> bias_;
};

TEST_P(DepthwiseTest, EverySmallImageIsExactAndHasTheBitsOfTheScalarLevel) {
  for (const std::size_t kernel : {3U, 5U}) {
    for (const std::size_t step : {1U, 2U}) {
      for (std::size_t height = 1; height <= 7; ++height) {
        for (std::size_t width = 1; width <= 14; ++width) {
          draw({height, width, 19, kernel, step});
          expect_exact();
          expect_bits_of_scalar(Activation::none);
        }
      }
    }
  }
}

TEST_P(DepthwiseTest, EveryNumberOfChannelsIsExactAndHasTheBitsOfTheScalarLevel) {
  for (std::size_t channels = 1; channels <= 50; ++channels) {
    draw({5, 9, channels, 3, 1});
    expect_exact();
    expect_bits_of_scalar(Activation::none);
  }
}

TEST_P(DepthwiseTest, EveryActivationHasTheBitsOfTheScalarLevel) {
  draw({9, 11, 24, 5, 1});
  for (const Activation activation : {Activation::none, Activation::relu, Activation::hard_swish,
                                      Activation::hard_sigmoid, Activation::gelu}) {
    expect_bits_of_scalar(activation);
  }
  const std::vector<float> sums = convolved(table(), Activation::none);
  const std::vector<float> found = convolved(table(), Activation::relu);
  for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(found[i], std::max(sums[i], 0.0f));
}

TEST_P(DepthwiseTest, TheImagesOfMobileNetAreExactAndHaveTheBitsOfTheScalarLevel) {
  for (const Shape& shape : {Shape{28, 28, 72, 3, 2}, Shape{28, 28, 96, 5, 2},
                             Shape{14, 14, 240, 5, 1}, Shape{7, 7, 576, 5, 1}}) {
    draw(shape);
    expect_exact();
    expect_bits_of_scalar(Activation::hard_swish);
  }
}

TEST_P(DepthwiseTest, NanReachesOnlyTheOutputsThatSeeIt) {
  draw({6, 12, 3, 3, 1});
  input()[(2 * 12 + 5) * 3 + 1] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> found = convolved(table(), Activation::none);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t y = i / 3 / 12;
    const std::size_t x = i / 3 % 12;
    const bool sees = y >= 1 && y <= 3 && x >= 4 && x <= 6 && i % 3 == 1;
    EXPECT_EQ(std::isnan(found[i]), sees) << y << ", " << x;
  }
}

RUVECTOR_TEST_LEVELS(DepthwiseTest);

}  // namespace
}  // namespace ruvector::kernels
