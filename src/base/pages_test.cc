#include "base/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace ruvector::base {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

bool is_zero(const std::byte* data, std::size_t from, std::size_t to) {
  return std::all_of(data + from, data + to, [](std::byte b) { return b == std::byte{0}; });
}

// Bytes that differ from page to page and within each.
std::byte pattern(std::size_t i) { return static_cast<std::byte>((i * 131 + i / 4093) % 251); }

bool has_pattern(const std::byte* data, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] != pattern(i)) return false;
  }
  return true;
}

TEST(Pages, AreZeroAtFirst) {
  for (const std::size_t size : {page_bytes(), kMiB, 5 * kMiB + page_bytes()}) {
    std::byte* data = map_pages(size);
    EXPECT_TRUE(is_zero(data, 0, size)) << size;
    std::fill_n(data, size, std::byte{7});
    unmap_pages(data, size);
  }
}

// Through every pair of sizes around the limits of huge pages and of the steps of a move.
TEST(Pages, KeepTheirBytesInAnotherSizeAndGrowByZeroes) {
  const std::vector<std::size_t> sizes = {
      kMiB,     kMiB + page_bytes(),     3 * kMiB,
      4 * kMiB, 4 * kMiB + page_bytes(), 9 * kMiB - page_bytes()};
  for (const std::size_t size : sizes) {
    for (const std::size_t new_size : sizes) {
      for (const std::size_t used : {std::size_t{0}, std::size_t{12'345}, size}) {
        std::byte* data = map_pages(size);
        for (std::size_t i = 0; i < used; ++i) data[i] = pattern(i);
        data = resize_pages(data, size, used, new_size);
        const std::size_t kept = std::min(used, new_size);
        EXPECT_TRUE(has_pattern(data, kept)) << size << " to " << new_size;
        EXPECT_TRUE(is_zero(data, kept, new_size)) << size << " to " << new_size;
        unmap_pages(data, new_size);
      }
    }
  }
}

TEST(Pages, TheUnitIsAPowerOfTwo) {
  EXPECT_GE(page_bytes(), 4096U);
  EXPECT_EQ(page_bytes() & (page_bytes() - 1), 0U);
}

TEST(Pages, MoreThanTheAddressSpaceIsRefusedAndLeavesTheBlock) {
  std::byte* data = map_pages(kMiB);
  data[0] = std::byte{7};
  const std::size_t too_much = std::size_t{1} << 62U;
  EXPECT_THROW(map_pages(too_much), std::bad_alloc);
  EXPECT_THROW(resize_pages(data, kMiB, 1, too_much), std::bad_alloc);
  EXPECT_EQ(data[0], std::byte{7});
  unmap_pages(data, kMiB);
}

}  // namespace
}  // namespace ruvector::base
