#include "a2a/random_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace ruvector::a2a {
namespace {

// Each value of a byte comes 1,000 times on average; it is 10 deviations away with a chance below
// 1e-20.
TEST(RandomBytes, HaveEachValueAboutEquallyOften) {
  std::vector<std::byte> bytes(256'000);
  fill_random(bytes);
  for (int value = 0; value < 256; ++value) {
    const auto count = std::ranges::count(bytes, static_cast<std::byte>(value));
    EXPECT_GT(count, 680) << value;
    EXPECT_LT(count, 1320) << value;
  }
}

TEST(RandomBytes, AreOthersEachTimeAndFillJustWhatIsAskedFor) {
  std::vector<std::byte> first(34);
  std::vector<std::byte> second(34);
  fill_random(std::span(first).subspan(1, 32));
  fill_random(std::span(second).subspan(1, 32));
  EXPECT_NE(first, second);
  for (const auto& bytes : {first, second}) {
    EXPECT_EQ(bytes.front(), std::byte{0});
    EXPECT_EQ(bytes.back(), std::byte{0});
  }
  fill_random({});
}

}  // namespace
}  // namespace ruvector::a2a
