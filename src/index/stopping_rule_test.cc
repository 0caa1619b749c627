#include "index/stopping_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace ruvector::index {
namespace {

constexpr float kSpread = 2.0F;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Of searches that come to lists in any order: the rule is but arithmetic.
std::vector<Standing> random_standings(std::size_t count, float scale, std::uint64_t seed) {
  base::Random random(seed);
  const auto value = [&] { return scale * static_cast<float>(random.gaussian_like()); };
  std::vector<Standing> standings(count);
  for (Standing& standing : standings) {
    standing = {value(), value(), value(), static_cast<std::size_t>(100.0F * std::fabs(value()))};
  }
  return standings;
}

StoppingRule::Standings random_standings() {
  return {random_standings(5000, 1, 1), random_standings(20'000, 2, 2),
          random_standings(50'000, 3, 3), random_standings(20'000, 4, 4)};
}

// `count` standings of this excess.
std::vector<Standing> equal_standings(std::size_t count, float excess) {
  return std::vector<Standing>(count, {excess, 0.0F, 0.0F, 0});
}

double neighbours(std::size_t row) { return static_cast<double>(StoppingRule::kNeighbours[row]); }

double share_within(const StoppingRule& rule, const std::vector<Standing>& standings,
                    float margin) {
  const auto within = std::count_if(standings.begin(), standings.end(), [&](const Standing& one) {
    return rule.excess(one) <= margin;
  });
  return static_cast<double>(within) / static_cast<double>(standings.size());
}

TEST(StoppingRule, WeighsDistancesAndDoublings) {
  const StoppingRule rule({0.25F, 0.5F}, {});
  EXPECT_FLOAT_EQ(rule.excess({10.0F, 4.0F, 8.0F, 0}), 10.0F - (0.75F * 4.0F + 0.25F * 8.0F));
  EXPECT_FLOAT_EQ(rule.excess({10.0F, 4.0F, 8.0F, 7}), 5.0F + 0.5F * 3.0F);
  EXPECT_EQ(rule.excess({10.0F, 4.0F, kInfinity, 7}), -kInfinity);  // too few found to judge
  const StoppingRule old({}, {});
  EXPECT_FLOAT_EQ(old.excess({10.0F, 4.0F, 8.0F, 7}), 2.0F);
}

TEST(StoppingRule, NeverFallsOnTheWayOfASearch) {
  const StoppingRule rule = StoppingRule::learn(kSpread, random_standings());
  Standing standing{5.0F, 5.0F, kInfinity, 0};
  float before = -kInfinity;
  for (std::size_t list = 0; list < 100; ++list) {
    standing.visited = list;
    standing.promise += 0.01F;
    standing.kth_distance = list < 3 ? kInfinity : 9.0F - 0.02F * static_cast<float>(list);
    EXPECT_GE(rule.excess(standing), before);
    before = rule.excess(standing);
  }
}

TEST(StoppingRule, KeepsItsPromiseOnWhatItLearnedFrom) {
  const StoppingRule::Standings found = random_standings();
  const StoppingRule rule = StoppingRule::learn(kSpread, found);
  for (std::size_t row = 0; row < found.size(); ++row) {
    for (const double recall : {0.5, 0.7, 0.9, 0.95, 0.99, 0.995, 0.999}) {
      const double share = share_within(rule, found[row], rule.margin(recall, neighbours(row)));
      EXPECT_GE(share, recall);
      EXPECT_LE(share, 1.0 - 0.4 * (1.0 - recall));  // and asks for little more
    }
  }
}

TEST(StoppingRule, TellsTheRecallOfWhatWasLeftOut) {
  const StoppingRule::Standings found = random_standings();
  const StoppingRule rule = StoppingRule::learn(kSpread, found);
  for (std::size_t row = 0; row < found.size(); ++row) {
    const double k = neighbours(row);
    for (const double recall : {0.5, 0.7, 0.9, 0.99, 0.999}) {
      const float margin = rule.margin(recall, k);
      EXPECT_NEAR(rule.recall(margin, k), recall, 0x1p-18);
      EXPECT_GE(share_within(rule, found[row], margin), rule.recall(margin, k) - 0x1p-18);
    }
    EXPECT_EQ(rule.recall(rule.margin(0.5, k) - 0.01F, k), 0.0);
    EXPECT_NEAR(rule.recall(1e9F, k), 1.0 - 0x1p-11, 0x1p-18);
  }
  EXPECT_EQ(StoppingRule().recall(1e9F, 10), 0.0);
}

TEST(StoppingRule, MoreRecallAsksForMore) {
  const StoppingRule rule =
      StoppingRule::learn(kSpread, {random_standings(3000, 1, 4), random_standings(3000, 1, 5),
                                    random_standings(3000, 1, 6), random_standings(500, 1, 7)});
  for (const double k : {1.0, 2.5, 10.0, 40.0, 100.0, 5000.0}) {
    float before = -std::numeric_limits<float>::infinity();
    for (double recall = 0.01; recall < 1.0; recall += 0.01) {
      EXPECT_GE(rule.margin(recall, k), before);
      before = rule.margin(recall, k);
    }
  }
}

TEST(StoppingRule, LiesBetweenTheNumbersOfNeighboursThatItLearnedFrom) {
  const StoppingRule rule =
      StoppingRule::learn(kSpread, {equal_standings(100, 1.0F), equal_standings(100, 2.0F),
                                    equal_standings(100, 4.0F), equal_standings(100, 8.0F)});
  EXPECT_FLOAT_EQ(rule.margin(0.9, 1), 1.0F);
  EXPECT_FLOAT_EQ(rule.margin(0.9, 10), 2.0F);
  EXPECT_NEAR(rule.margin(0.9, 32), 3.0F, 0.02F);
  EXPECT_FLOAT_EQ(rule.margin(0.9, 100), 4.0F);
  EXPECT_FLOAT_EQ(rule.margin(0.9, 1000), 8.0F);
}

TEST(StoppingRule, GrowsOnBeyondThemAsItGrewAtMost) {
  const std::vector<Standing> one = equal_standings(100, 1.0F);
  const std::vector<Standing> hundred = equal_standings(100, 2.0F);
  std::vector<Standing> thousand = equal_standings(90, 2.5F);
  const std::vector<Standing> far = equal_standings(10, 5.0F);
  thousand.insert(thousand.end(), far.begin(), far.end());
  const StoppingRule rule = StoppingRule::learn(kSpread, {one, one, hundred, thousand});
  EXPECT_FLOAT_EQ(rule.margin(0.5, 1000), 2.5F);
  EXPECT_FLOAT_EQ(rule.margin(0.99, 1000), 5.0F);
  EXPECT_FLOAT_EQ(rule.margin(0.5, 10'000), 2.5F + 3.0F);
  EXPECT_FLOAT_EQ(rule.margin(0.99, 100'000), 5.0F + 2.0F * 3.0F);
  const StoppingRule falling = StoppingRule::learn(kSpread, {one, one, hundred, one});
  EXPECT_FLOAT_EQ(falling.margin(0.9, 10'000), 1.0F);
}

TEST(StoppingRule, GoesThroughEverythingForRecallOneOrWithoutKnowledge) {
  const StoppingRule rule = StoppingRule::learn(kSpread, {equal_standings(100, 1.0F), {}, {}, {}});
  EXPECT_FLOAT_EQ(rule.margin(0.99, 50), 1.0F);  // the next smaller number that there is
  EXPECT_TRUE(std::isinf(rule.margin(1.0, 10)));
  EXPECT_TRUE(std::isinf(rule.margin(0.9999, 10)));
  EXPECT_TRUE(std::isinf(StoppingRule().margin(0.5, 10)));
  EXPECT_FALSE(StoppingRule().learned());
  EXPECT_TRUE(rule.learned());
}

}  // namespace
}  // namespace ruvector::index
