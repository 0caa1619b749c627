#include "index/stopping_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace ruvector::index {
namespace {

using Found = std::array<std::vector<float>, StoppingRule::kNeighbours.size()>;

std::vector<float> random_margins(std::size_t count, float scale, std::uint64_t seed) {
  base::Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = scale * static_cast<float>(random.gaussian_like());
  return values;
}

double share_within(const std::vector<float>& values, float margin) {
  const auto within =
      std::count_if(values.begin(), values.end(), [&](float value) { return value <= margin; });
  return static_cast<double>(within) / static_cast<double>(values.size());
}

TEST(StoppingRule, KeepsItsPromiseOnWhatItLearnedFrom) {
  const Found found = {random_margins(5000, 1, 1), random_margins(20'000, 2, 2),
                       random_margins(50'000, 3, 3)};
  const StoppingRule rule = StoppingRule::learn(found);
  for (std::size_t row = 0; row < found.size(); ++row) {
    for (const double recall : {0.5, 0.7, 0.9, 0.95, 0.99, 0.995, 0.999}) {
      const double share =
          share_within(found[row], rule.margin(recall, StoppingRule::kNeighbours[row]));
      EXPECT_GE(share, recall);
      EXPECT_LE(share, 1.0 - 0.4 * (1.0 - recall));  // and asks for little more
    }
  }
}

TEST(StoppingRule, TellsTheRecallOfWhatWasLeftOut) {
  const Found found = {random_margins(5000, 1, 1), random_margins(20'000, 2, 2),
                       random_margins(50'000, 3, 3)};
  const StoppingRule rule = StoppingRule::learn(found);
  for (std::size_t row = 0; row < found.size(); ++row) {
    const std::size_t k = StoppingRule::kNeighbours[row];
    for (const double recall : {0.5, 0.7, 0.9, 0.99, 0.999}) {
      const float margin = rule.margin(recall, k);
      EXPECT_NEAR(rule.recall(margin, k), recall, 0x1p-18);
      EXPECT_GE(share_within(found[row], margin), rule.recall(margin, k) - 0x1p-18);
    }
    EXPECT_EQ(rule.recall(rule.margin(0.5, k) - 0.01F, k), 0.0);
    EXPECT_NEAR(rule.recall(1e9F, k), 1.0 - 0x1p-11, 0x1p-18);
  }
  EXPECT_EQ(StoppingRule().recall(1e9F, 10), 0.0);
}

TEST(StoppingRule, MoreRecallAsksForMore) {
  const StoppingRule rule = StoppingRule::learn(
      {random_margins(3000, 1, 4), random_margins(3000, 1, 5), random_margins(3000, 1, 6)});
  for (const std::size_t k : {1U, 3U, 10U, 40U, 100U, 5000U}) {
    float before = -std::numeric_limits<float>::infinity();
    for (double recall = 0.01; recall < 1.0; recall += 0.01) {
      EXPECT_GE(rule.margin(recall, k), before);
      before = rule.margin(recall, k);
    }
  }
}

TEST(StoppingRule, LiesBetweenTheNumbersOfNeighboursThatItLearnedFrom) {
  const StoppingRule rule =
      StoppingRule::learn({std::vector<float>(100, 1.0F), std::vector<float>(100, 2.0F),
                           std::vector<float>(100, 4.0F)});
  EXPECT_FLOAT_EQ(rule.margin(0.9, 1), 1.0F);
  EXPECT_FLOAT_EQ(rule.margin(0.9, 10), 2.0F);
  EXPECT_NEAR(rule.margin(0.9, 32), 3.0F, 0.02F);
  EXPECT_FLOAT_EQ(rule.margin(0.9, 100), 4.0F);
  EXPECT_FLOAT_EQ(rule.margin(0.9, 100'000), 4.0F);
}

TEST(StoppingRule, GoesThroughEverythingForRecallOneOrWithoutKnowledge) {
  const StoppingRule rule = StoppingRule::learn({std::vector<float>(100, 1.0F), {}, {}});
  EXPECT_FLOAT_EQ(rule.margin(0.99, 50), 1.0F);  // the next smaller number that there is
  EXPECT_TRUE(std::isinf(rule.margin(1.0, 10)));
  EXPECT_TRUE(std::isinf(rule.margin(0.9999, 10)));
  EXPECT_TRUE(std::isinf(StoppingRule().margin(0.5, 10)));
  EXPECT_FALSE(StoppingRule().learned());
  EXPECT_TRUE(rule.learned());
}

}  // namespace
}  // namespace ruvector::index
