#include "embed/exact_inputs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ruvector::embed {
namespace {

using Inputs = std::vector<std::uint32_t>;

TEST(ExactInputsTest, TheInputsThatStandOutAreChosenInRisingOrder) {
  const std::size_t inputs = 3 * kInputsPerExact;
  std::vector<float> weights(inputs * 5, 1.0f);
  weights[2 * inputs + 70] = -9.0f;  // of one output
  std::vector<float> ranges(inputs, 2.0f);
  ranges[200] = 30.0f;
  ranges[3] = 8.0f;
  EXPECT_EQ(choose_exact_inputs(weights, inputs, 5, ranges), (Inputs{3, 70, 200}));
}

TEST(ExactInputsTest, WithoutRangesTheWeightsDecide) {
  const std::size_t inputs = 2 * kInputsPerExact;
  std::vector<float> weights(inputs * 5, 1.0f);
  weights[100] = 5.0f;
  weights[inputs + 9] = 6.0f;
  EXPECT_EQ(choose_exact_inputs(weights, inputs, 5, {}), (Inputs{9, 100}));
}

TEST(ExactInputsTest, AWeightStandsOutAmongThoseOfItsOwnOutput) {
  const std::size_t inputs = kInputsPerExact;
  std::vector<float> weights(inputs * 2, 1.0f);
  for (std::size_t i = 0; i < inputs; ++i) weights[i] = 1000.0f;  // an output of large weights
  weights[5] = 2000.0f;
  weights[inputs + 6] = 9.0f;
  EXPECT_EQ(choose_exact_inputs(weights, inputs, 2, {}), (Inputs{6}));
}

TEST(ExactInputsTest, EqualInputsAndWeightsOfZeroGiveTheFirst) {
  const std::size_t inputs = 2 * kInputsPerExact;
  const std::vector<float> zeros(inputs * 3, 0.0f);
  EXPECT_EQ(choose_exact_inputs(zeros, inputs, 3, {}), (Inputs{0, 1}));
}

TEST(ExactInputsTest, RangesThatAreNotFiniteStandOut) {
  const std::size_t inputs = 2 * kInputsPerExact;
  std::vector<float> weights(inputs * 3, 1.0f);
  std::vector<float> ranges(inputs, 1.0f);
  ranges[8] = NAN;
  ranges[100] = INFINITY;
  EXPECT_EQ(choose_exact_inputs(weights, inputs, 3, ranges), (Inputs{8, 100}));
  weights.assign(weights.size(), NAN);
  EXPECT_EQ(choose_exact_inputs(weights, inputs, 3, {}).size(), 2u);
}

TEST(ExactInputsTest, AFewInputsHaveNoneThatIsExact) {
  const std::vector<float> weights(kInputsPerExact - 1, 1.0f);
  EXPECT_TRUE(choose_exact_inputs(weights, weights.size(), 1, {}).empty());
}

}  // namespace
}  // namespace ruvector::embed
