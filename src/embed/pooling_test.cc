#include "embed/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/level_test.h"

namespace ruvector::embed {
namespace {

class PoolingTest : public kernels::LevelTest {};
RUVECTOR_TEST_LEVELS(PoolingTest);

TEST_P(PoolingTest, TheMeanHasLengthOne) {
  constexpr std::size_t kDim = 48;
  constexpr std::size_t kRows = 5;
  const std::vector<float> states = random_floats(kRows * kDim);
  std::vector<float> out(kDim);
  ASSERT_TRUE(pool(table(), states, Pooling::mean, out));
  std::vector<double> mean(kDim, 0.0);
  double squares = 0;
  for (std::size_t i = 0; i < states.size(); ++i) mean[i % kDim] += double{states[i]} / kRows;
  for (const double value : mean) squares += value * value;
  for (std::size_t i = 0; i < kDim; ++i) {
    EXPECT_NEAR(double{out[i]}, mean[i] / std::sqrt(squares), 1e-6);
  }
}

TEST_P(PoolingTest, ClsIsTheFirstRow) {
  const std::vector<float> states = {3, 4, 100, 100};
  std::vector<float> out(2);
  ASSERT_TRUE(pool(table(), states, Pooling::cls, out));
  EXPECT_FLOAT_EQ(out[0], 0.6f);
  EXPECT_FLOAT_EQ(out[1], 0.8f);
}

TEST_P(PoolingTest, ZerosStayZeros) {
  std::vector<float> out(16, 7);
  ASSERT_TRUE(pool(table(), std::vector<float>(32, 0.0f), Pooling::mean, out));
  EXPECT_EQ(out, std::vector<float>(16, 0.0f));
}

TEST_P(PoolingTest, WhatIsNotFiniteIsTold) {
  std::vector<float> states(32, 1.0f);
  std::vector<float> out(16);
  states[20] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(pool(table(), states, Pooling::mean, out));
  states[20] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(pool(table(), states, Pooling::mean, out));
  EXPECT_TRUE(pool(table(), states, Pooling::cls, out));
}

}  // namespace
}  // namespace ruvector::embed
