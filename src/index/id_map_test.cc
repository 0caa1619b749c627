#include "index/id_map.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/random.h"

namespace ruvector::index {
namespace {

// The ids of an index by slot, with the map under test beside the standard one.
class Model {
 public:
  std::vector<Id> ids;
  IdMap map;
  std::unordered_map<Id, std::uint32_t> truth;

  // What growth.cc does: the ids are in the array first, and leave it when the map refuses them.
  bool append(const std::vector<Id>& added, Id* duplicate) {
    const std::size_t first = ids.size();
    ids.insert(ids.end(), added.begin(), added.end());
    if (!map.append(ids.data(), first, added.size(), duplicate)) {
      ids.resize(first);
      return false;
    }
    for (std::size_t i = 0; i < added.size(); ++i) {
      truth[added[i]] = static_cast<std::uint32_t>(first + i);
    }
    return true;
  }
  void remove(std::uint32_t slot) {
    const auto last = static_cast<std::uint32_t>(ids.size() - 1);
    map.remove_swap(slot, last, ids.data());
    truth.erase(ids[slot]);
    if (slot != last) truth[ids[last]] = slot;
    ids[slot] = ids[last];
    ids.pop_back();
  }
  std::optional<std::uint32_t> find(Id id) const { return map.find(id, ids.data(), ids.size()); }
  void check() const {
    for (const auto& [id, slot] : truth) ASSERT_EQ(find(id), slot) << "id " << id;
  }
};

std::vector<Id> counted(Id first, std::size_t count) {
  std::vector<Id> ids(count);
  for (std::size_t i = 0; i < count; ++i) ids[i] = first + i;
  return ids;
}

// Appends up to 20 ids out of `universe`: new ones, or one that is there or comes twice.
void append_random(Model& model, base::Random& random, Id universe) {
  std::vector<Id> added;
  std::unordered_map<Id, bool> seen;
  bool clash = false;
  for (std::size_t left = random.uniform_below(20); left > 0; --left) {
    Id id = random.uniform_below(universe);
    if (random.uniform_below(2) == 0) id = std::numeric_limits<Id>::max() - id;
    clash = clash || model.truth.contains(id) || seen[id];
    seen[id] = true;
    added.push_back(id);
  }
  Id duplicate = 0;
  ASSERT_EQ(model.append(added, &duplicate), !clash);
  if (clash) {
    ASSERT_TRUE(seen.contains(duplicate));
  }
}

TEST(IdMap, FollowsAStandardMapThroughRandomChanges) {
  for (const Id universe : {50U, 400U, 100000U}) {
    base::Random random(universe);
    Model model;
    for (int step = 0; step < 3000; ++step) {
      if (random.uniform_below(5) < 2 && !model.ids.empty()) {
        for (std::size_t i = random.uniform_below(10); i > 0 && !model.ids.empty(); --i) {
          model.remove(static_cast<std::uint32_t>(random.uniform_below(model.ids.size())));
        }
      } else {
        append_random(model, random, universe);
      }
      const Id probe = random.uniform_below(universe);
      ASSERT_EQ(model.find(probe).has_value(), model.truth.contains(probe));
      if (step % 100 == 0) model.check();
    }
    model.check();
  }
}

TEST(IdMap, HasNoTableWhileIdsCountUpFromZero) {
  Model model;
  Id duplicate = 0;
  ASSERT_TRUE(model.append(counted(0, 1000), &duplicate));
  EXPECT_TRUE(model.map.identity());
  EXPECT_EQ(model.map.bytes(), 0U);
  EXPECT_EQ(model.find(999), 999U);
  EXPECT_EQ(model.find(1000), std::nullopt);
  model.remove(999);
  EXPECT_TRUE(model.map.identity());
  EXPECT_EQ(model.find(999), std::nullopt);
  ASSERT_TRUE(model.append(counted(999, 2), &duplicate));
  EXPECT_TRUE(model.map.identity());
  model.check();
}

TEST(IdMap, LeavesTheIdentityWhenAMiddleIdIsRemoved) {
  Model model;
  Id duplicate = 0;
  ASSERT_TRUE(model.append(counted(0, 100), &duplicate));
  model.remove(3);
  EXPECT_FALSE(model.map.identity());
  EXPECT_EQ(model.find(99), 3U);
  EXPECT_EQ(model.find(3), std::nullopt);
  model.check();
}

TEST(IdMap, ForgetsAllOfABatchThatHoldsADuplicate) {
  Model model;
  Id duplicate = 0;
  ASSERT_TRUE(model.append(counted(0, 10), &duplicate));
  EXPECT_FALSE(model.append({100, 101, 102, 4, 103}, &duplicate));
  EXPECT_EQ(duplicate, 4U);
  EXPECT_FALSE(model.append({200, 201, 202, 201}, &duplicate));
  EXPECT_EQ(duplicate, 201U);
  for (const Id id : {100U, 101U, 102U, 103U, 200U, 201U, 202U}) {
    EXPECT_EQ(model.find(id), std::nullopt) << "id " << id;
  }
  ASSERT_TRUE(model.append({100, 200}, &duplicate));
  model.check();
}

TEST(IdMap, ADuplicateOfTheIdentityIsFound) {
  Model model;
  Id duplicate = 0;
  ASSERT_TRUE(model.append(counted(0, 10), &duplicate));
  EXPECT_FALSE(model.append({10, 11, 10}, &duplicate));
  EXPECT_EQ(duplicate, 10U);
  model.check();
  EXPECT_EQ(model.find(10), std::nullopt);
}

TEST(IdMap, TheLargestIdsAreOrdinaryIds) {
  Model model;
  Id duplicate = 0;
  constexpr Id kLargest = std::numeric_limits<Id>::max();
  ASSERT_TRUE(model.append({kLargest, 0, kLargest - 1}, &duplicate));
  model.check();
  EXPECT_FALSE(model.append({kLargest}, &duplicate));
}

TEST(IdMap, ADroppedTableIsBuiltAgainInTheRightSize) {
  Model model;
  Id duplicate = 0;
  ASSERT_TRUE(model.append(counted(500, 10'000), &duplicate));
  const std::size_t full = model.map.bytes();
  while (model.ids.size() > 100) model.remove(0);
  EXPECT_EQ(model.map.bytes(), full);
  model.map.drop_table();
  EXPECT_EQ(model.map.bytes(), 0U);
  model.check();
  EXPECT_LT(model.map.bytes(), full / 50);
  ASSERT_TRUE(model.append({1, 2, 3}, &duplicate));
  model.check();
}

TEST(IdMap, CopiesAreIndependent) {
  Model model;
  Id duplicate = 0;
  ASSERT_TRUE(model.append({5, 6, 7}, &duplicate));
  Model copy;
  copy.ids = model.ids;
  copy.truth = model.truth;
  copy.map = model.map;
  copy.remove(0);
  copy.check();
  model.check();
  EXPECT_EQ(model.find(5), 0U);
  EXPECT_EQ(copy.find(5), std::nullopt);
}

TEST(IdMap, BuildsItsTableOnceForManyReaders) {
  const std::vector<Id> ids = counted(1000, 5000);
  const IdMap map(false);
  std::vector<std::thread> readers;
  std::vector<int> wrong(4);
  readers.reserve(4);
  for (std::size_t t = 0; t < 4; ++t) {
    readers.emplace_back([&, t] {
      for (std::uint32_t slot = 0; slot < 5000; ++slot) {
        wrong[t] += map.find(ids[slot], ids.data(), ids.size()) == slot ? 0 : 1;
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace ruvector::index
