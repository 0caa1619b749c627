#include "index/list_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "base/random.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<std::uint32_t> random_lists(std::size_t slots, std::size_t lists, std::uint64_t seed) {
  base::Random random(seed);
  std::vector<std::uint32_t> result(slots);
  for (std::uint32_t& list : result) list = static_cast<std::uint32_t>(random.uniform_below(lists));
  return result;
}

// That the layout says of every slot what `lists` says, and nothing else.
void expect_holds(const ListLayout& layout, const std::vector<std::uint32_t>& lists) {
  layout.check();
  ASSERT_EQ(layout.slot_count(), lists.size());
  std::vector<std::size_t> sizes(layout.list_count());
  for (std::size_t slot = 0; slot < lists.size(); ++slot) {
    const std::uint32_t lane = layout.lane(slot);
    ASSERT_EQ(layout.slots()[lane], slot);
    ASSERT_EQ(layout.list_of_lane(lane), lists[slot]);
    ++sizes[lists[slot]];
  }
  std::size_t blocks = 0;
  for (std::size_t list = 0; list < layout.list_count(); ++list) {
    EXPECT_EQ(layout.size(list), sizes[list]);
    for (const ListLayout::Run& run : layout.runs(list)) blocks += run.count;
  }
  EXPECT_EQ(blocks, layout.block_count());
}

TEST(ListLayout, ArrangesEachListInOneRun) {
  for (const std::size_t slots : {0U, 1U, 63U, 64U, 65U, 1000U}) {
    const auto lists = random_lists(slots, 7, slots);
    const ListLayout layout(7, lists);
    expect_holds(layout, lists);
    for (std::size_t list = 0; list < 7; ++list) EXPECT_LE(layout.runs(list).size(), 1U);
  }
}

TEST(ListLayout, FollowsAnySequenceOfAdditionsAndRemovals) {
  base::Random random(3);
  std::vector<std::uint32_t> lists = random_lists(200, 5, 1);
  ListLayout layout(5, lists);
  for (int step = 0; step < 3000; ++step) {
    // Grows at first, then shrinks to nothing.
    if (random.uniform_below(100) < (step < 1000 ? 70U : 20U) || lists.empty()) {
      const auto list = static_cast<std::uint32_t>(random.uniform_below(5));
      const std::uint32_t lane = layout.append(list);
      lists.push_back(list);
      ASSERT_EQ(layout.lane(lists.size() - 1), lane);
    } else {
      const std::size_t slot = random.uniform_below(lists.size());
      const std::uint32_t lane = layout.lane(slot);
      const ListLayout::Removal removal = layout.remove(slot);
      ASSERT_EQ(removal.to, lane);
      ASSERT_EQ(layout.list_of_lane(removal.from), lists[slot]);
      lists[slot] = lists.back();
      lists.pop_back();
    }
    if (step % 100 == 0) expect_holds(layout, lists);
  }
  expect_holds(layout, lists);
}

TEST(ListLayout, TruncationUndoesAdditions) {
  const auto lists = random_lists(300, 4, 9);
  ListLayout layout(4, lists);
  for (int i = 0; i < 200; ++i) layout.append(static_cast<std::size_t>(i) % 4);
  layout.truncate(300);
  expect_holds(layout, lists);
}

TEST(ListLayout, IsTheSameFromItsArrays) {
  const auto lists = random_lists(500, 6, 2);
  const ListLayout layout(6, lists);
  expect_holds(ListLayout(layout.arrays()), lists);
}

ListLayout::Arrays some_arrays() { return ListLayout(3, random_lists(300, 3, 4)).arrays(); }

TEST(ListLayout, RefusesArraysThatCannotBeOfOneLayout) {
  ListLayout::Arrays owner = some_arrays();
  owner.owners.mutable_data()[0] = 3;
  EXPECT_THAT([&] { ListLayout layout(owner); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("belongs to list 3 of 3")));
  ListLayout::Arrays size = some_arrays();
  size.sizes.mutable_data()[1] = 100'000;
  EXPECT_THAT([&] { ListLayout layout(size); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("list 1 has 100000 vectors")));
  ListLayout::Arrays lanes = some_arrays();
  lanes.lanes.resize(299);
  EXPECT_THAT([&] { ListLayout layout(lanes); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("300 vectors of 299")));
}

TEST(ListLayout, ChecksSavedArraysBeforeTheyChange) {
  for (const std::uint32_t wrong : {0U, 299U, 300U, 4'000'000'000U}) {
    ListLayout::Arrays slots = some_arrays();
    slots.slots.mutable_data()[70] = wrong;
    ListLayout layout(slots);
    EXPECT_THROW(layout.append(0), IndexError) << wrong;
    EXPECT_THROW(layout.remove(5), IndexError) << wrong;
    ListLayout::Arrays lanes = some_arrays();
    lanes.lanes.mutable_data()[70] = 4'000'000'000U - wrong;
    ListLayout other(lanes);
    EXPECT_THROW(other.remove(70), IndexError) << wrong;
  }
}

}  // namespace
}  // namespace ruvector::index
