// Linear layers of 8 and of 12 bits against products in double precision.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/array.h"
#include "embed/exact_inputs.h"
#include "embed/linear.h"
#include "kernels/level_test.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using kernels::KernelTable;

class IntegerLinearTest : public kernels::LevelTest {
 protected:
  void draw(std::size_t rows, std::size_t inputs, std::size_t outputs) {
    rows_ = rows;
    inputs_ = inputs;
    outputs_ = outputs;
    x_ = random_floats(rows * inputs);
    weights_ = random_floats(inputs * outputs);
    bias_ = random_floats(outputs);
  }

  LinearWeights layer(std::span<const float> ranges = {}) const {
    return {inputs_, outputs_, weights_, bias_, kernels::Activation::none, ranges};
  }

  LinearShape shape(LinearForm form) const {
    return {inputs_, outputs_, kernels::Activation::none, form, 1u};
  }

  // The outputs for rows [first, last).
  std::vector<float> apply(const KernelTable& level, const Linear& linear, std::size_t first,
                           std::size_t last) const {
    std::vector<float> out((last - first) * outputs_, NAN);
    base::Array<std::byte> scratch(linear.scratch_bytes(last - first));
    const FloatRows input{x_.data() + first * inputs_, inputs_, last - first};
    linear.prepare(level, input, scratch.mutable_data());
    linear.apply(level, input, linear.all_panels(), out.data(), outputs_, scratch.data());
    return out;
  }

  std::vector<float> apply(const Linear& linear) const { return apply(table(), linear, 0, rows_); }

  double product(std::size_t row, std::size_t output) const {
    double sum = bias_[output];
    for (std::size_t i = 0; i < inputs_; ++i) {
      sum += double{x_[row * inputs_ + i]} * double{weights_[output * inputs_ + i]};
    }
    return sum;
  }

  // How far an output may be from product() when each input but the exact ones is off by up to
  // input_error and each weight by up to weight_error:
  //   |x w - (x + e) (w + f)| <= |e| |w| + |f| |x| + |e| |f|
  double bound(std::size_t row, std::size_t output, double input_error, double weight_error,
               const std::vector<std::uint32_t>& exact) const {
    double sum = 0;
    double size = std::fabs(bias_[output]);
    for (std::size_t i = 0; i < inputs_; ++i) {
      const double x = std::fabs(x_[row * inputs_ + i]);
      const double w = std::fabs(weights_[output * inputs_ + i]);
      size += x * w;
      if (std::ranges::find(exact, i) != exact.end()) continue;
      sum += input_error * w + weight_error * x + input_error * weight_error;
    }
    return sum + 1e-6 * size;  // the roundings of floats: a few of 2^-24 each
  }

  // The range of a row, and the largest weight of an output, exact inputs left out.
  double input_range(std::size_t row, const std::vector<std::uint32_t>& exact) const {
    double low = 0;
    double high = 0;
    for (std::size_t i = 0; i < inputs_; ++i) {
      if (std::ranges::find(exact, i) != exact.end()) continue;
      low = std::min(low, double{x_[row * inputs_ + i]});
      high = std::max(high, double{x_[row * inputs_ + i]});
    }
    return high - low;
  }
  double input_most(std::size_t row) const {
    double most = 0;
    for (std::size_t i = 0; i < inputs_; ++i) {
      most = std::max(most, std::fabs(double{x_[row * inputs_ + i]}));
    }
    return most;
  }
  double weight_most(std::size_t output, const std::vector<std::uint32_t>& exact) const {
    double most = 0;
    for (std::size_t i = 0; i < inputs_; ++i) {
      if (std::ranges::find(exact, i) != exact.end()) continue;
      most = std::max(most, std::fabs(double{weights_[output * inputs_ + i]}));
    }
    return most;
  }

  void expect_bytes_within_bounds(std::span<const float> ranges) const {
    const auto exact = choose_exact_inputs(weights_, inputs_, outputs_, ranges);
    const std::vector<float> out = apply(*pack_linear(layer(ranges), LinearForm::int8));
    for (std::size_t row = 0; row < rows_; ++row) {
      // A byte is half a step off, and another half where the zero's own rounding meets the end.
      const double input_error = 1.0001 * input_range(row, exact) / 255;
      for (std::size_t j = 0; j < outputs_; ++j) {
        const double weight_error = 0.5001 * weight_most(j, exact) / 127;
        ASSERT_NEAR(double{out[row * outputs_ + j]}, product(row, j),
                    bound(row, j, input_error, weight_error, exact))
            << "row " << row << ", output " << j;
      }
    }
  }

  void expect_words_within_bounds() const {
    const std::vector<float> out = apply(*pack_linear(layer(), LinearForm::int16));
    for (std::size_t row = 0; row < rows_; ++row) {
      const double input_error = 0.5001 * input_most(row) / 2047;
      for (std::size_t j = 0; j < outputs_; ++j) {
        const double weight_error = 0.5001 * weight_most(j, {}) / 2047;
        ASSERT_NEAR(double{out[row * outputs_ + j]}, product(row, j),
                    bound(row, j, input_error, weight_error, {}))
            << "row " << row << ", output " << j;
      }
    }
  }

  // The root of the mean squared error of the outputs.
  double error(const std::vector<float>& out) const {
    double squares = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double off = double{out[i]} - product(i / outputs_, i % outputs_);
      squares += off * off;
    }
    return std::sqrt(squares / static_cast<double>(out.size()));
  }

  std::size_t rows_ = 0;
  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  std::vector<float> x_;
  std::vector<float> weights_;  // (outputs, inputs)
  std::vector<float> bias_;
};

RUVECTOR_TEST_LEVELS(IntegerLinearTest);

TEST_P(IntegerLinearTest, BytesAreWithinTheBoundsOfTheirSteps) {
  for (const std::size_t inputs : {4u, 64u, 200u, 384u, 1536u}) {
    draw(7, inputs, inputs < 1000 ? 101 : 49);
    expect_bytes_within_bounds({});
  }
}

TEST_P(IntegerLinearTest, WordsAreWithinTheBoundsOfTheirSteps) {
  for (const std::size_t inputs : {2u, 64u, 202u, 384u, 1536u}) {
    draw(7, inputs, inputs < 1000 ? 101 : 49);
    expect_words_within_bounds();
  }
}

TEST_P(IntegerLinearTest, LargeInputsThatWereSeenDoNotCoarsenTheOthers) {
  draw(20, 384, 96);
  for (std::size_t row = 0; row < rows_; ++row) {
    x_[row * inputs_ + 99] *= 100;
    x_[row * inputs_ + 157] *= 50;
  }
  std::vector<float> ranges(inputs_, 3.0f);
  ranges[99] = 300.0f;
  ranges[157] = 150.0f;
  expect_bytes_within_bounds(ranges);
  const double kept = error(apply(*pack_linear(layer(ranges), LinearForm::int8)));
  const double spoiled = error(apply(*pack_linear(layer(), LinearForm::int8)));
  EXPECT_LT(kept, spoiled / 10);
}

TEST_P(IntegerLinearTest, LargeWeightsDoNotCoarsenTheOthers) {
  draw(20, 384, 96);
  for (std::size_t j = 0; j < outputs_; ++j) weights_[j * inputs_ + 211] *= 100;
  expect_bytes_within_bounds({});
  draw(20, 384, 96);
  const double plain = error(apply(*pack_linear(layer(), LinearForm::int8)));
  for (std::size_t j = 0; j < outputs_; ++j) weights_[j * inputs_ + 211] *= 100;
  EXPECT_LT(error(apply(*pack_linear(layer(), LinearForm::int8))), 1.5 * plain);
}

TEST_P(IntegerLinearTest, ZerosGiveTheBias) {
  for (const LinearForm form : {LinearForm::int8, LinearForm::int16}) {
    draw(3, 384, 50);
    std::ranges::fill(x_, 0.0f);
    const std::vector<float> out = apply(*pack_linear(layer(), form));
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], bias_[i % outputs_]);
    draw(3, 384, 50);
    std::ranges::fill(weights_, 0.0f);
    const std::vector<float> of_zeros = apply(*pack_linear(layer(), form));
    for (std::size_t i = 0; i < of_zeros.size(); ++i) {
      EXPECT_EQ(of_zeros[i], bias_[i % outputs_]);
    }
  }
}

TEST_P(IntegerLinearTest, ARowHasTheSameBitsAloneAndOnEveryLevel) {
  draw(19, 384, 150);
  for (const LinearForm form : {LinearForm::int8, LinearForm::int16}) {
    const auto linear = pack_linear(layer(), form);
    const std::vector<float> together = apply(*linear);
    EXPECT_EQ(kernels::bits_of(apply(kernels::kScalarTable, *linear, 0, rows_)),
              kernels::bits_of(together));
    for (std::size_t row = 0; row < rows_; ++row) {
      const auto begin = together.begin() + static_cast<std::ptrdiff_t>(row * outputs_);
      const std::vector<float> expected(begin, begin + static_cast<std::ptrdiff_t>(outputs_));
      EXPECT_EQ(kernels::bits_of(apply(table(), *linear, row, row + 1)), kernels::bits_of(expected))
          << "row " << row;
    }
  }
}

TEST_P(IntegerLinearTest, WhatIsPutDownIsTakenUp) {
  draw(5, 384, 100);
  for (const LinearForm form : {LinearForm::int8, LinearForm::int16}) {
    const auto linear = pack_linear(layer(), form);
    Parts parts;
    linear->put(parts);
    PartReader reader(nullptr, {parts.all().begin(), parts.all().end()});
    const auto loaded = load_linear(reader, shape(form));
    EXPECT_TRUE(reader.empty());
    EXPECT_EQ(apply(*loaded), apply(*linear));
  }
}

TEST(IntegerLinearPartsTest, AnExactInputThatDoesNotExistIsRefused) {
  const std::vector<float> weights(192 * 48, 1.0f);
  const LinearWeights layer{192, 48, weights, {}};
  const auto linear = pack_linear(layer, LinearForm::int8);
  Parts parts;
  linear->put(parts);
  std::vector<std::span<const std::byte>> all(parts.all().begin(), parts.all().end());
  const std::vector<std::uint32_t> wrong = {0, 192};
  ASSERT_EQ(all[2].size(), 2 * sizeof(std::uint32_t)) << "not the exact inputs";
  all[2] = std::as_bytes(std::span(wrong));
  PartReader reader(nullptr, all);
  EXPECT_THROW(load_linear(reader, {192, 48, kernels::Activation::none, LinearForm::int8, 0u}),
               EmbedError);
}

TEST(IntegerLinearPartsTest, WeightsThatAreNotFiniteAreRefused) {
  for (const float wrong : {NAN, INFINITY, -INFINITY, 2e30f}) {
    for (const LinearForm form : {LinearForm::int8, LinearForm::int16}) {
      std::vector<float> weights(64 * 48, 1.0f);
      weights[1000] = wrong;
      EXPECT_THROW(pack_linear({64, 48, weights, {}}, form), EmbedError) << wrong;
    }
  }
}

TEST(IntegerLinearPartsTest, NumbersOfInputsThatDoNotFitAreRefused) {
  const std::vector<float> weights(48 * 7, 1.0f);
  EXPECT_THROW(pack_linear({6, 48, weights, {}}, LinearForm::int8), EmbedError);
  EXPECT_THROW(pack_linear({7, 48, weights, {}}, LinearForm::int16), EmbedError);
  const std::vector<float> deep(kernels::kMostByteDepth + 4, 1.0f);
  EXPECT_THROW(pack_linear({deep.size(), 1, deep, {}}, LinearForm::int8), EmbedError);
}

}  // namespace
}  // namespace ruvector::embed
