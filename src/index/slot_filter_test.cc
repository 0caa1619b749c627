#include "index/slot_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <vector>

#include "base/random.h"

namespace ruvector::index {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Fixture {
  explicit Fixture(std::size_t count) : ids(count) {
    std::iota(ids.begin(), ids.end(), Id{1000});
    Id duplicate = 0;
    map.append(ids.data(), 0, count, &duplicate);
  }
  SlotFilter filter(const Filter& what) const { return {what, map, ids.data(), ids.size()}; }

  std::vector<Id> ids;
  IdMap map;
};

std::vector<std::uint32_t> listed(const std::vector<std::uint8_t>& mask) {
  std::vector<std::uint32_t> slots;
  for (std::uint32_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 0) slots.push_back(i);
  }
  return slots;
}

std::vector<std::uint8_t> packed(const std::vector<std::uint8_t>& mask) {
  std::vector<std::uint8_t> bits((mask.size() + 7) / 8);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 0) bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | 1U << (i % 8));
  }
  return bits;
}

std::vector<std::uint32_t> all_slots(const SlotFilter& filter, std::size_t count) {
  return filter.slots(0, (count + 63) / 64);
}

TEST(SlotFilter, MaskBitmapAndIdsSayTheSame) {
  base::Random random(3);
  for (const std::size_t count : {1U, 7U, 8U, 63U, 64U, 65U, 128U, 300U}) {
    const Fixture fixture(count);
    std::vector<std::uint8_t> mask(count);
    std::vector<Id> allowed;
    for (std::size_t i = 0; i < count; ++i) {
      mask[i] = static_cast<std::uint8_t>(random.uniform_below(2) * random.uniform_below(256));
      if (mask[i] != 0) allowed.push_back(fixture.ids[i]);
    }
    const std::vector<std::uint8_t> bits = packed(mask);
    for (const Filter& what : {Filter(Mask{mask}), Filter(Bitmap{bits}), Filter(Ids{allowed})}) {
      const SlotFilter filter = fixture.filter(what);
      EXPECT_FALSE(filter.everything());
      EXPECT_EQ(filter.allowed_count(), allowed.size());
      EXPECT_EQ(all_slots(filter, count), listed(mask));
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(filter.words()[i / 64] >> (i % 64) & 1U, mask[i] != 0 ? 1U : 0U) << "slot " << i;
      }
    }
  }
}

TEST(SlotFilter, WithoutAFilterEverythingIsAllowed) {
  const Fixture fixture(100);
  const SlotFilter filter = fixture.filter({});
  EXPECT_TRUE(filter.everything());
  EXPECT_EQ(filter.allowed_count(), 100U);
  EXPECT_EQ(filter.words(), nullptr);
}

TEST(SlotFilter, AnEmptyListOfIdsAllowsNothing) {
  const Fixture fixture(100);
  const SlotFilter filter = fixture.filter(Ids{});
  EXPECT_FALSE(filter.everything());
  EXPECT_EQ(filter.allowed_count(), 0U);
  EXPECT_TRUE(all_slots(filter, 100).empty());
}

TEST(SlotFilter, UnknownAndRepeatedIdsAreIgnored) {
  const Fixture fixture(100);
  const std::vector<Id> ids = {1005, 3, 1005, 99999, 1007};
  const SlotFilter filter = fixture.filter(Ids{ids});
  EXPECT_EQ(filter.allowed_count(), 2U);
  EXPECT_EQ(all_slots(filter, 100), (std::vector<std::uint32_t>{5, 7}));
}

TEST(SlotFilter, BitsBeyondTheLastSlotAreIgnored) {
  for (const std::size_t count : {3U, 65U, 127U}) {
    const Fixture fixture(count);
    const std::vector<std::uint8_t> bits((count + 7) / 8, 0xFF);
    const SlotFilter filter = fixture.filter(Bitmap{bits});
    EXPECT_EQ(filter.allowed_count(), count);
    EXPECT_EQ(all_slots(filter, count).size(), count);
  }
}

TEST(SlotFilter, AnyNonZeroByteOfAMaskAllows) {
  const Fixture fixture(4);
  const std::vector<std::uint8_t> mask = {0, 1, 255, 0};
  EXPECT_EQ(all_slots(fixture.filter(Mask{mask}), 4), (std::vector<std::uint32_t>{1, 2}));
}

TEST(SlotFilter, ListsTheSlotsOfARangeOfWords) {
  const Fixture fixture(200);
  const std::vector<Id> ids = {1000, 1063, 1064, 1127, 1128, 1199};
  const SlotFilter filter = fixture.filter(Ids{ids});
  EXPECT_EQ(filter.slots(1, 2), (std::vector<std::uint32_t>{64, 127}));
  EXPECT_EQ(filter.slots(2, 4), (std::vector<std::uint32_t>{128, 199}));
}

TEST(SlotFilter, AMaskOrBitmapOfAnotherLengthIsRefused) {
  const Fixture fixture(100);
  const std::vector<std::uint8_t> bytes(99, 1);
  EXPECT_THAT([&] { fixture.filter(Mask{bytes}); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("99"), HasSubstr("100"))));
  EXPECT_THAT([&] { fixture.filter(Bitmap{bytes}); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("99"), HasSubstr("13"))));
}

}  // namespace
}  // namespace ruvector::index
