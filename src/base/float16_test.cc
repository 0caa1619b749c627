#include "base/float16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace ruvector::base {
namespace {

// The definition of binary16, by arithmetic in double.
double value_of(std::uint16_t half) {
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  if (exponent == 31) {
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  }
  return sign *
         (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

// The nearest half, found by search over the definition; ties to the even code.
std::uint16_t nearest_half(float value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double wanted = std::fabs(static_cast<double>(value));
  if (wanted >= 65520.0) return static_cast<std::uint16_t>(sign | 0x7c00);
  std::uint16_t low = 0;
  std::uint16_t high = 0x7c00;  // stands for 65536 here
  while (high - low > 1) {
    const auto middle = static_cast<std::uint16_t>((low + high) / 2);
    (value_of(middle) <= wanted ? low : high) = middle;
  }
  const double above = high == 0x7c00 ? 65536.0 : value_of(high);
  const double down = wanted - value_of(low);
  const double up = above - wanted;
  const bool take_high = up < down || (up == down && (low & 1) != 0);
  return static_cast<std::uint16_t>(sign | (take_high ? high : low));
}

TEST(Float16, EveryHalfHasItsValueAsFloat) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const auto half = static_cast<std::uint16_t>(code);
    const float value = half_to_float(half);
    if (std::isnan(value_of(half))) {
      ASSERT_TRUE(std::isnan(value)) << code;
    } else {
      ASSERT_EQ(static_cast<double>(value), value_of(half)) << code;
    }
    ASSERT_EQ(std::signbit(value), (half & 0x8000) != 0) << code;
  }
}

TEST(Float16, EveryHalfSurvivesTheWayToFloatAndBack) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const auto half = static_cast<std::uint16_t>(code);
    const bool is_nan = (half & 0x7fff) > 0x7c00;
    const std::uint32_t expected = is_nan ? code | 0x200 : code;
    ASSERT_EQ(float_to_half(half_to_float(half)), expected) << code;
  }
}

TEST(Float16, MidpointsBetweenHalvesRoundToEvenAndTheirNeighboursToTheNearest) {
  for (std::uint16_t code = 0; code < 0x7c00; ++code) {
    const double next = code == 0x7bff ? 65536.0 : value_of(static_cast<std::uint16_t>(code + 1));
    const auto middle = static_cast<float>((value_of(code) + next) / 2);
    for (const float value : {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e9f)}) {
      ASSERT_EQ(float_to_half(value), nearest_half(value)) << code << ' ' << value;
      ASSERT_EQ(float_to_half(-value), nearest_half(-value)) << code << ' ' << value;
    }
  }
}

TEST(Float16, RandomFloatsBecomeTheNearestHalf) {
  Random random(16);
  for (int i = 0; i < 300'000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random.next_u64());
    // Every other one has an exponent near the range of half.
    const std::uint32_t near = (bits & 0x80ffffffu) | ((0x30u + (bits >> 24 & 0x1fu)) << 24);
    const float value = std::bit_cast<float>(i % 2 == 0 ? bits : near);
    if (std::isnan(value)) continue;
    ASSERT_EQ(float_to_half(value), nearest_half(value)) << value;
  }
}

TEST(Float16, LimitsAreAsInTheStandard) {
  EXPECT_EQ(float_to_half(65504.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65519.996f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(-std::numeric_limits<float>::infinity()), 0xfc00);
  EXPECT_EQ(float_to_half(0x1p-25f), 0x0000);
  EXPECT_EQ(float_to_half(std::nextafter(0x1p-25f, 1.0f)), 0x0001);
  EXPECT_EQ(float_to_half(-0.0f), 0x8000);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::denorm_min()), 0x0000);
  const std::uint16_t nan = float_to_half(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(std::isnan(half_to_float(nan)));
}

#if defined(__FLT16_MAX__) && defined(__SSE2__) && defined(__GNUC__)
TEST(Float16, AgreesWithTheCompilersOwnType) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const auto half = static_cast<std::uint16_t>(code);
    if ((half & 0x7fff) > 0x7c00) continue;
    const auto theirs = static_cast<float>(std::bit_cast<_Float16>(half));
    ASSERT_EQ(std::bit_cast<std::uint32_t>(half_to_float(half)),
              std::bit_cast<std::uint32_t>(theirs))
        << code;
  }
  Random random(17);
  for (int i = 0; i < 300'000; ++i) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random.next_u64()));
    if (std::isnan(value)) continue;
    const auto theirs = static_cast<_Float16>(value);
    ASSERT_EQ(float_to_half(value), std::bit_cast<std::uint16_t>(theirs)) << value;
  }
}
#endif

}  // namespace
}  // namespace ruvector::base
