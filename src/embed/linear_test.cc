#include "embed/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "base/array.h"
#include "kernels/level_test.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using kernels::Activation;
using kernels::KernelTable;

class LinearTest : public kernels::LevelTest {
 protected:
  struct Layer {
    LinearWeights weights;
    std::vector<float> matrix;
    std::vector<float> bias;
  };

  std::unique_ptr<Layer> random_layer(std::size_t inputs, std::size_t outputs, bool has_bias,
                                      Activation activation) {
    auto layer = std::make_unique<Layer>();
    layer->matrix = random_floats(inputs * outputs);
    for (float& weight : layer->matrix) weight /= std::sqrt(static_cast<float>(inputs));
    if (has_bias) layer->bias = random_floats(outputs);
    layer->weights = {inputs, outputs, layer->matrix, layer->bias, activation};
    return layer;
  }

  static std::vector<float> apply(const KernelTable& table, const Linear& linear,
                                  const std::vector<float>& x,
                                  std::vector<PanelRange> ranges = {}) {
    if (ranges.empty()) ranges = {linear.all_panels()};
    const std::size_t rows = x.size() / linear.inputs();
    std::vector<float> out(rows * linear.outputs(), NAN);
    base::Array<std::byte> scratch(linear.scratch_bytes(rows));
    const FloatRows input{x.data(), linear.inputs(), rows};
    linear.prepare(table, input, scratch.mutable_data());
    for (const PanelRange range : ranges) {
      linear.apply(table, input, range, out.data(), linear.outputs(), scratch.data());
    }
    return out;
  }

  static LinearShape shape_of(const LinearWeights& weights, LinearForm form) {
    return {weights.inputs, weights.outputs, weights.activation, form,
            weights.bias.empty() ? 0u : 1u};
  }
};

RUVECTOR_TEST_LEVELS(LinearTest);

double activated(double x, Activation activation) {
  return activation == Activation::gelu ? x * std::erfc(-x / std::sqrt(2.0)) / 2 : x;
}

TEST_P(LinearTest, OutputsAreThoseOfAPlainProduct) {
  for (const std::size_t outputs : {1u, 47u, 48u, 97u}) {
    for (const Activation activation : {Activation::none, Activation::gelu}) {
      for (const bool has_bias : {false, true}) {
        const auto layer = random_layer(64, outputs, has_bias, activation);
        const auto linear = pack_linear(layer->weights, LinearForm::float32);
        const std::vector<float> x = random_floats(5 * 64);
        const std::vector<float> out = apply(table(), *linear, x);
        for (std::size_t i = 0; i < out.size(); ++i) {
          const std::size_t row = i / outputs;
          const std::size_t column = i % outputs;
          double sum = 0;
          for (std::size_t k = 0; k < 64; ++k) {
            sum += double{x[row * 64 + k]} * double{layer->matrix[column * 64 + k]};
          }
          if (has_bias) sum += double{layer->bias[column]};
          EXPECT_NEAR(double{out[i]}, activated(sum, activation), 2e-6) << i;
        }
      }
    }
  }
}

TEST_P(LinearTest, ARowDoesNotDependOnOthersNorOnHowPanelsAreShared) {
  const auto layer = random_layer(96, 200, true, Activation::gelu);
  const auto linear = pack_linear(layer->weights, LinearForm::float32);
  const std::vector<float> x = random_floats(23 * 96);
  const std::vector<float> together = apply(table(), *linear, x);
  EXPECT_EQ(kernels::bits_of(apply(table(), *linear, x, {{3, 5}, {0, 1}, {1, 3}})),
            kernels::bits_of(together));
  for (std::size_t row = 0; row < 23; ++row) {
    const auto start = static_cast<std::ptrdiff_t>(row);
    const std::vector<float> alone =
        apply(table(), *linear, {x.begin() + start * 96, x.begin() + (start + 1) * 96});
    EXPECT_EQ(std::memcmp(alone.data(), together.data() + row * 200, 200 * sizeof(float)), 0);
  }
}

TEST_P(LinearTest, EveryLevelGivesTheSameBits) {
  const auto layer = random_layer(96, 200, true, Activation::gelu);
  const auto linear = pack_linear(layer->weights, LinearForm::float32);
  const std::vector<float> x = random_floats(9 * 96);
  const KernelTable& scalar = *kernels::supported().front();
  EXPECT_EQ(kernels::bits_of(apply(table(), *linear, x)),
            kernels::bits_of(apply(scalar, *linear, x)));
}

TEST_P(LinearTest, WhatIsPutDownIsTakenUp) {
  const auto layer = random_layer(64, 100, true, Activation::gelu);
  const auto linear = pack_linear(layer->weights, LinearForm::float32);
  Parts parts;
  linear->put(parts);
  PartReader reader(nullptr, {parts.all().begin(), parts.all().end()});
  const auto loaded = load_linear(reader, shape_of(layer->weights, LinearForm::float32));
  EXPECT_TRUE(reader.empty());
  const std::vector<float> x = random_floats(3 * 64);
  EXPECT_EQ(apply(table(), *loaded, x), apply(table(), *linear, x));
}

TEST_P(LinearTest, ALayerOfAnotherShapeIsRefused) {
  const auto layer = random_layer(64, 100, true, Activation::gelu);
  const auto linear = pack_linear(layer->weights, LinearForm::float32);
  Parts parts;
  linear->put(parts);
  LinearShape other = shape_of(layer->weights, LinearForm::float32);
  other.outputs = 99;
  PartReader reader(nullptr, {parts.all().begin(), parts.all().end()});
  EXPECT_THROW(load_linear(reader, other), EmbedError);
}

}  // namespace
}  // namespace ruvector::embed
