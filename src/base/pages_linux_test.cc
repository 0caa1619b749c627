#include <gtest/gtest.h>

#include <cstdint>

#include "base/pages.h"

namespace ruvector::base {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

bool starts_at_a_huge_page(const std::byte* data) {
  return reinterpret_cast<std::uintptr_t>(data) % (2 * kMiB) == 0;
}

TEST(Pages, LargeBlocksStartAtAHugePageAtEverySizeOnTheWay) {
  std::size_t size = kMiB;
  std::byte* data = map_pages(size);
  for (std::size_t next = 2 * kMiB; next < 200 * kMiB; next += next / 2 / kMiB * kMiB) {
    data = resize_pages(data, size, 0, next);
    size = next;
    if (size >= 4 * kMiB) {
      ASSERT_TRUE(starts_at_a_huge_page(data)) << size;
    }
  }
  unmap_pages(data, size);
}

}  // namespace
}  // namespace ruvector::base
