#include "base/array.h"

#include "base/test_memory.h"
#include "base/test_sanitizers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <numeric>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace ruvector::base {
namespace {

// Sizes in elements of 4 bytes: small blocks, page-backed ones, and ones with huge pages.
constexpr std::size_t kSmall = 100;
constexpr std::size_t kPages = 400'000;
constexpr std::size_t kHuge = 3'000'000;

Array<std::uint32_t> counting(std::size_t size) {
  Array<std::uint32_t> array(size);
  std::iota(array.mutable_data(), array.mutable_data() + size, 0u);
  return array;
}

bool is_counting(const std::uint32_t* data, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] != i) return false;
  }
  return true;
}

class ArrayOfSize : public testing::TestWithParam<std::size_t> {};

TEST_P(ArrayOfSize, KeepsItsContentWhenItGrowsAndZeroesWhatIsNew) {
  const std::size_t size = GetParam();
  Array<std::uint32_t> array = counting(size);
  array.resize(size * 3);
  EXPECT_EQ(array.size(), size * 3);
  EXPECT_TRUE(is_counting(array.data(), size));
  EXPECT_TRUE(std::all_of(array.begin() + size, array.end(), [](auto x) { return x == 0; }));
}

TEST_P(ArrayOfSize, ZeroesElementsThatWereInUseBefore) {
  const std::size_t size = GetParam();
  Array<std::uint32_t> array = counting(size);
  array.resize(1);
  array.resize(size);
  EXPECT_TRUE(std::all_of(array.begin(), array.end(), [](auto x) { return x == 0; }));
  array = counting(size);
  array.resize(size / 2);
  array.shrink_to_fit();
  array.resize(size);
  EXPECT_TRUE(is_counting(array.data(), size / 2));
  EXPECT_TRUE(std::all_of(array.begin() + size / 2, array.end(), [](auto x) { return x == 0; }));
}

TEST_P(ArrayOfSize, IsAlignedTo64BytesAtEverySizeOnTheWay) {
  Array<std::uint32_t> array;
  while (array.size() < GetParam()) {
    array.append(1 + array.size() / 2);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 64, 0u) << array.size();
  }
}

TEST_P(ArrayOfSize, CopiesShareTheBlockUntilOneWrites) {
  const std::size_t size = GetParam();
  const Array<std::uint32_t> original = counting(size);
  Array<std::uint32_t> copy = original;
  EXPECT_EQ(copy.data(), original.data());
  copy.mutable_data()[3] = 99;
  EXPECT_NE(copy.data(), original.data());
  EXPECT_EQ(copy[3], 99u);
  EXPECT_TRUE(is_counting(original.data(), size));
}

TEST_P(ArrayOfSize, AHandleKeepsItsElementsWhateverTheArrayDoes) {
  const std::size_t size = GetParam();
  Array<std::uint32_t> array = counting(size);
  const std::shared_ptr<const void> handle = array.share();
  const auto* seen = static_cast<const std::uint32_t*>(handle.get());
  EXPECT_EQ(seen, array.data());
  array.resize(size / 2);
  array.append(size)[0] = 7;
  EXPECT_TRUE(is_counting(seen, size));
  array.mutable_data()[0] = 5;
  array.resize(size * 4);
  array.clear();
  EXPECT_TRUE(is_counting(seen, size));
}

TEST_P(ArrayOfSize, ReserveAndShrinkGiveTheCapacityThatWasAskedFor) {
  const std::size_t size = GetParam();
  Array<std::uint32_t> array = counting(size);
  array.reserve(size * 2);
  EXPECT_GE(array.capacity_bytes(), size * 8);
  EXPECT_LT(array.capacity_bytes(), size * 8 + 65536);
  EXPECT_TRUE(is_counting(array.data(), size));
  array.shrink_to_fit();
  EXPECT_GE(array.capacity_bytes(), size * 4);
  EXPECT_LT(array.capacity_bytes(), size * 4 + 65536);
  EXPECT_TRUE(is_counting(array.data(), size));
  array.resize(10);
  array.shrink_to_fit();
  EXPECT_LE(array.capacity_bytes(), 64u);
  EXPECT_TRUE(is_counting(array.data(), 10));
}

INSTANTIATE_TEST_SUITE_P(Sizes, ArrayOfSize, testing::Values(kSmall, kPages, kHuge));

TEST(Array, AnEmptyOneHasNoBlockAndWritesNothing) {
  Array<float> array;
  EXPECT_EQ(array.data(), nullptr);
  EXPECT_EQ(array.mutable_data(), nullptr);
  EXPECT_EQ(array.append(0), nullptr);
  EXPECT_EQ(array.share(), nullptr);
  EXPECT_EQ(array.capacity_bytes(), 0u);
  array.shrink_to_fit();
  array.reserve(0);
  EXPECT_TRUE(array.empty());
  EXPECT_FALSE(array.is_mapped());
}

TEST(Array, GrowsByHalfSoThatAppendingIsLinear) {
  Array<std::uint64_t> array;
  std::size_t moves = 0;
  std::size_t capacity = 0;
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    array.push_back(i);
    if (array.capacity_bytes() != capacity) ++moves;
    capacity = array.capacity_bytes();
  }
  EXPECT_LT(moves, 30u);
  for (std::uint64_t i = 0; i < 300'000; ++i) ASSERT_EQ(array[i], i);
}

TEST(Array, AppendsInPlaceWhileAHandleLivesIfTheCapacityAllows) {
  Array<std::uint32_t> array = counting(kSmall);
  array.reserve(kSmall * 2);
  const auto handle = array.share();
  const std::uint32_t* before = array.data();
  array.append(1)[0] = 7;
  EXPECT_EQ(array.data(), before);
  EXPECT_EQ(array[kSmall], 7u);
  EXPECT_TRUE(is_counting(static_cast<const std::uint32_t*>(handle.get()), kSmall));
}

TEST(Array, OnlyOneOfTwoSharersAppendsInPlace) {
  Array<std::uint32_t> first = counting(kSmall);
  first.reserve(kSmall * 2);
  Array<std::uint32_t> second = first;
  first.push_back(1);
  second.push_back(2);
  EXPECT_NE(first.data(), second.data());
  EXPECT_EQ(first[kSmall], 1u);
  EXPECT_EQ(second[kSmall], 2u);
}

TEST(Array, IsWrittenInPlaceAgainOnceTheHandleIsGone) {
  Array<std::uint32_t> array = counting(kSmall);
  const std::uint32_t* before = array.data();
  array.share().reset();
  EXPECT_EQ(array.mutable_data(), before);
}

TEST(Array, ACopyOfAHandleCountsToo) {
  Array<std::uint32_t> array = counting(kSmall);
  std::shared_ptr<const void> handle = array.share();
  const std::shared_ptr<const void> other = handle;
  handle.reset();
  array.mutable_data()[0] = 5;
  EXPECT_TRUE(is_counting(static_cast<const std::uint32_t*>(other.get()), kSmall));
}

TEST(Array, AMappingIsReadInPlaceAndCopiedByTheFirstWrite) {
  const auto owner = std::make_shared<std::vector<std::uint32_t>>(kSmall);
  std::iota(owner->begin(), owner->end(), 0u);
  auto array = Array<std::uint32_t>::from_mapped(owner, owner->data(), owner->size());
  EXPECT_TRUE(array.is_mapped());
  EXPECT_EQ(array.data(), owner->data());
  EXPECT_EQ(array.capacity_bytes(), 0u);
  EXPECT_EQ(array.size_bytes(), kSmall * 4);
  EXPECT_EQ(array.share().get(), owner->data());
  Array<std::uint32_t> copy = array;
  EXPECT_EQ(copy.data(), owner->data());
  EXPECT_EQ(owner.use_count(), 3);
  array.mutable_data()[0] = 5;
  copy.push_back(6);
  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_FALSE(array.is_mapped());
  EXPECT_EQ(array[0], 5u);
  EXPECT_EQ(copy[kSmall], 6u);
  EXPECT_TRUE(is_counting(owner->data(), kSmall));
}

TEST(Array, SaysWhetherWritingWouldCopy) {
  Array<int> array;
  EXPECT_FALSE(array.is_shared());
  array.resize(3);
  EXPECT_FALSE(array.is_shared());
  std::shared_ptr<const void> handle = array.share();
  EXPECT_TRUE(array.is_shared());
  handle.reset();
  EXPECT_FALSE(array.is_shared());
  const Array<int> copy = array;
  EXPECT_TRUE(array.is_shared());
  array.mutable_data()[0] = 1;
  EXPECT_FALSE(array.is_shared());
  EXPECT_FALSE(copy.is_shared());
  const int value = 7;
  EXPECT_TRUE(Array<int>::from_mapped(nullptr, &value, 1).is_shared());
}

TEST(Array, ReadingNeverCopiesAMapping) {
  const std::vector<std::uint32_t> words = {1, 2, 3};
  auto array = Array<std::uint32_t>::from_mapped(nullptr, words.data(), 3);
  array.resize(2);
  EXPECT_EQ(array.data(), words.data());
  EXPECT_EQ(array.span().size(), 2u);
  array.clear();
  EXPECT_FALSE(array.is_mapped());
}

TEST(Array, ImpossibleSizesThrowAndChangeNothing) {
  Array<std::uint32_t> array = counting(kSmall);
  const std::uint32_t* before = array.data();
  EXPECT_THROW(array.resize(std::numeric_limits<std::size_t>::max()), std::length_error);
  EXPECT_THROW(array.append(std::numeric_limits<std::size_t>::max() / 4), std::length_error);
  EXPECT_THROW(array.reserve(std::numeric_limits<std::size_t>::max() / 2), std::length_error);
#if !RUVECTOR_ADDRESS_SANITIZER && !RUVECTOR_THREAD_SANITIZER
  EXPECT_THROW(array.resize(std::size_t{1} << 58), std::bad_alloc);
  Array<std::uint32_t> large = counting(kHuge);
  EXPECT_THROW(large.reserve(std::size_t{1} << 58), std::bad_alloc);
  EXPECT_TRUE(is_counting(large.data(), kHuge));
#endif
  EXPECT_EQ(array.data(), before);
  EXPECT_EQ(array.size(), kSmall);
  EXPECT_TRUE(is_counting(array.data(), kSmall));
}

TEST(Array, GrowingALargeOneDoesNotHoldItTwice) {
#if RUVECTOR_ADDRESS_SANITIZER || RUVECTOR_THREAD_SANITIZER
  GTEST_SKIP() << "a sanitizer's shadow memory hides the resident size";
#endif
  constexpr std::size_t kBytes = std::size_t{96} << 20;
  const std::size_t before = peak_resident_bytes();
  Array<std::byte> array;
  while (array.size() < kBytes) array.append(std::size_t{1} << 20)[0] = std::byte{1};
  std::fill_n(array.mutable_data(), array.size(), std::byte{2});
  EXPECT_LT(peak_resident_bytes() - before, kBytes + kBytes / 4);
}

// The use that an index makes of it: readers take and drop handles, one writer changes the array.
TEST(Array, HandlesMayBeDroppedByAnyThreadWhileAWriterWrites) {
  Array<std::uint32_t> array(1000);
  std::shared_mutex mutex;
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> torn{0};
  const auto read = [&] {
    while (!stop.load()) {
      std::shared_lock lock(mutex);
      const std::shared_ptr<const void> handle = array.share();
      lock.unlock();
      const auto* words = static_cast<const std::uint32_t*>(handle.get());
      for (std::size_t i = 1; i < 1000; ++i) torn += words[i] != words[0] ? 1 : 0;
    }
  };
  std::thread first(read);
  std::thread second(read);
  for (std::uint32_t round = 1; round < 2000; ++round) {
    const std::unique_lock lock(mutex);
    std::fill_n(array.mutable_data(), 1000, round);
    if (round % 7 == 0) array.append(10)[9] = round;
    if (round % 50 == 0) array.resize(1000);
  }
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(torn, 0u);
}

}  // namespace
}  // namespace ruvector::base
