// select_between and pack_mask on every level.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class SelectTest : public LevelTest {
 protected:
  // The indices that the level finds; nothing beyond them is written.
  std::vector<std::uint32_t> selected(const std::vector<float>& values, float above, float limit,
                                      std::size_t wanted) {
    Guarded<float> copy(values.size(), 3);
    copy.fill(values);
    Guarded<std::uint32_t> out(wanted);
    const std::size_t found =
        table().select_between(copy.data(), values.size(), above, limit, out.data());
    EXPECT_EQ(found, wanted);
    EXPECT_TRUE(out.intact());
    return out.values();
  }
};

TEST_P(SelectTest, FindsWhatLiesBetweenInItsOrder) {
  for (std::size_t count = 0; count <= 150; ++count) {
    std::vector<float> values = random_floats(count);
    if (count > 5) values[random_up_to(4)] = kNan;
    if (count > 5) values[5] = count % 2 == 0 ? kInfinity : -kInfinity;
    if (count > 9) values[9] = values[8];
    for (const auto& [above, limit] :
         {std::pair{-kInfinity, -0.9F}, std::pair{-0.9F, 0.3F}, std::pair{0.3F, kInfinity},
          std::pair{-1.0F, count > 9 ? values[9] : 0.0F}, std::pair{1.0F, -1.0F}}) {
      std::vector<std::uint32_t> wanted;
      for (std::uint32_t i = 0; i < count; ++i) {
        if (values[i] > above && values[i] <= limit) wanted.push_back(i);
      }
      EXPECT_EQ(selected(values, above, limit, wanted.size()), wanted) << count;
    }
  }
}

TEST_P(SelectTest, FindsAllAndNone) {
  const std::vector<float> values(100, 1.0F);
  EXPECT_EQ(selected(values, 0.0F, 1.0F, 100).back(), 99U);
  EXPECT_TRUE(selected(values, 1.0F, 2.0F, 0).empty());
  EXPECT_TRUE(selected(std::vector<float>(40, kNan), -kInfinity, kInfinity, 0).empty());
}

TEST_P(SelectTest, AByteThatIsNotZeroIsABit) {
  for (std::size_t count = 0; count <= 200; ++count) {
    Guarded<std::uint8_t> mask(count, count % 7);
    Guarded<std::uint64_t> words((count + 63) / 64);
    std::vector<std::uint64_t> wanted((count + 63) / 64);
    std::size_t set = 0;
    for (std::size_t i = 0; i < count; ++i) {
      mask[i] = static_cast<std::uint8_t>(random_up_to(1) * random_up_to(255));
      if (mask[i] == 0) continue;
      wanted[i / 64] |= std::uint64_t{1} << (i % 64);
      ++set;
    }
    EXPECT_EQ(table().pack_mask(mask.data(), count, words.data()), set);
    EXPECT_EQ(words.values(), wanted);
    EXPECT_TRUE(words.intact());
  }
}

RUVECTOR_TEST_LEVELS(SelectTest);

}  // namespace
}  // namespace ruvector::kernels
