#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <vector>

namespace ruvector::base {
namespace {

TEST(Random, SplitMix64GivesThePublishedSequence) {
  SplitMix64 mix(1234567);
  for (const std::uint64_t expected : std::initializer_list<std::uint64_t>{
           6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u,
           16408922859458223821u}) {
    EXPECT_EQ(mix.next_u64(), expected);
  }
}

// Outputs of the authors' xoshiro256starstar.c from the state {1, 2, 3, 4}, as other libraries
// publish them for their tests.
TEST(Random, Xoshiro256GivesThePublishedSequence) {
  Random random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
  for (const std::uint64_t expected : std::initializer_list<std::uint64_t>{
           11520u, 0u, 1509978240u, 1215971899390074240u, 1216172134540287360u, 607988272756665600u,
           16172922978634559625u, 8476171486693032832u, 10595114339597558777u,
           2904607092377533576u}) {
    EXPECT_EQ(random.next_u64(), expected);
  }
}

TEST(Random, ASeedIsExpandedBySplitMix64) {
  SplitMix64 mix(42);
  std::array<std::uint64_t, 4> state{};
  for (std::uint64_t& word : state) word = mix.next_u64();
  Random expected(state);
  Random random(42);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(random.next_u64(), expected.next_u64());
}

TEST(Random, UniformFloatsFillTheUnitIntervalEvenly) {
  Random random(1);
  constexpr int kDraws = 400'000;
  constexpr int kPerBin = kDraws / 16;
  std::vector<int> bins(16);
  for (int i = 0; i < kDraws; ++i) {
    const float value = random.uniform_float();
    ASSERT_GE(value, 0.0f);
    ASSERT_LT(value, 1.0f);
    ++bins[static_cast<std::size_t>(value * 16.0f)];
  }
  // Five standard deviations of a bin: sqrt(n p (1 - p)) = 153.
  for (const int count : bins) EXPECT_NEAR(count, kPerBin, 765);
}

TEST(Random, UniformBelowReachesEveryValueAndNoOther) {
  Random random(2);
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.uniform_below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 465);
  EXPECT_EQ(random.uniform_below(1), 0u);
  const std::uint64_t large = (std::uint64_t{1} << 63) + 1;
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.uniform_below(large), large);
}

TEST(Random, GaussianLikeHasTheMomentsOfTheSumOfTwelveUniforms) {
  Random random(3);
  constexpr int kDraws = 400'000;
  double sum = 0;
  double squares = 0;
  double fourths = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.gaussian_like();
    ASSERT_GE(x, -6.0);
    ASSERT_LT(x, 6.0);
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 0.008);      // 5 / sqrt(n)
  EXPECT_NEAR(squares / kDraws, 1.0, 0.012);  // 5 * sqrt(1.9 / n)
  EXPECT_NEAR(fourths / kDraws, 2.9, 0.075);  // kurtosis 3 - 6 / (5 * 12)
}

TEST(Random, GaussianLikeIsTheExactSumOfItsTwelveUniforms) {
  Random random(4);
  Random words(4);
  for (int i = 0; i < 1000; ++i) {
    long double sum = 0;
    for (int pair = 0; pair < 6; ++pair) {
      const std::uint64_t word = words.next_u64();
      sum += std::ldexp(static_cast<long double>(word >> 32), -32);
      sum += std::ldexp(static_cast<long double>(word & 0xffffffffu), -32);
    }
    ASSERT_EQ(random.gaussian_like(), static_cast<double>(sum - 6));
  }
}

}  // namespace
}  // namespace ruvector::base
