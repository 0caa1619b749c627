#include "index/top_k.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace ruvector::index {
namespace {

constexpr float kNoLimit = std::numeric_limits<float>::max();

std::vector<Candidate> random_candidates(base::Random& random, std::size_t count,
                                         std::size_t distinct) {
  std::vector<Candidate> all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto key = static_cast<float>(random.uniform_below(distinct)) - 3.0F;
    all.push_back({key, key, random.next_u64(), static_cast<std::uint32_t>(i)});
  }
  return all;
}

// The hits that a full sort gives, by (score, id).
std::vector<Hit> sorted_hits(std::vector<Candidate> all, std::size_t k, float limit) {
  std::erase_if(all, [&](const Candidate& c) { return c.key > limit; });
  std::sort(all.begin(), all.end());
  if (all.size() > k) all.resize(k);
  std::vector<Hit> hits;
  for (const Candidate& c : all) hits.push_back({c.id, c.score});
  return hits;
}

TEST(TopK, KeepsWhatSortingWouldKeep) {
  base::Random random(1);
  for (int round = 0; round < 300; ++round) {
    const std::size_t count = random.uniform_below(200);
    const std::size_t k = random.uniform_below(40);
    const std::vector<Candidate> all =
        random_candidates(random, count, 1 + random.uniform_below(50));
    const float limit = round % 3 == 0 ? 7.0F : kNoLimit;
    TopK top(k, limit);
    for (const Candidate& candidate : all) top.push(candidate);
    EXPECT_EQ(top.take_sorted(), sorted_hits(all, k, limit)) << "round " << round;
  }
}

TEST(TopK, TheOrderOfArrivalDoesNotMatter) {
  base::Random random(2);
  std::vector<Candidate> all = random_candidates(random, 100, 5);
  TopK forwards(10, kNoLimit);
  for (const Candidate& candidate : all) forwards.push(candidate);
  std::reverse(all.begin(), all.end());
  TopK backwards(10, kNoLimit);
  for (const Candidate& candidate : all) backwards.push(candidate);
  EXPECT_EQ(forwards.take_sorted(), backwards.take_sorted());
}

TEST(TopK, EqualKeysAreDecidedByTheSmallerId) {
  TopK top(2, kNoLimit);
  for (const Id id : {9U, 4U, 7U, 2U}) top.push({1.0F, 1.0F, id, 0});
  EXPECT_EQ(top.take_sorted(), (std::vector<Hit>{{2, 1.0F}, {4, 1.0F}}));
}

TEST(TopK, TheThresholdIsTheLimitUntilFullAndThenTheWorstKey) {
  TopK top(2, 10.0F);
  EXPECT_EQ(top.threshold(), 10.0F);
  top.push({3.0F, 3.0F, 1, 1});
  EXPECT_EQ(top.threshold(), 10.0F);
  top.push({5.0F, 5.0F, 2, 2});
  EXPECT_EQ(top.threshold(), 5.0F);
  top.push({4.0F, 4.0F, 3, 3});
  EXPECT_EQ(top.threshold(), 4.0F);
}

TEST(TopK, ACandidateAtTheLimitIsAdmittedAndOneAboveIsNot) {
  TopK top(5, 2.0F);
  top.push({2.0F, 2.0F, 1, 1});
  top.push({std::nextafter(2.0F, 3.0F), 2.0F, 2, 2});
  top.push({std::numeric_limits<float>::quiet_NaN(), 0.0F, 3, 3});
  EXPECT_EQ(top.take_sorted(), (std::vector<Hit>{{1, 2.0F}}));
}

TEST(TopK, RanksByKeyAndReportsScores) {
  TopK top(2, kNoLimit);
  top.push({5.0F, 1.0F, 1, 1});  // a score below its own bound
  top.push({2.0F, 2.0F, 2, 2});
  top.push({3.0F, 3.0F, 3, 3});
  EXPECT_EQ(top.take_sorted(), (std::vector<Hit>{{2, 2.0F}, {3, 3.0F}}));
}

TEST(TopK, OfNoneHoldsNothing) {
  TopK top(0, kNoLimit);
  top.push({1.0F, 1.0F, 1, 1});
  EXPECT_TRUE(top.take_sorted().empty());
}

}  // namespace
}  // namespace ruvector::index
