#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#include "base/pages.h"

namespace ruvector::base {
namespace {

constexpr std::size_t kHugeFrom = std::size_t{4} << 20;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

bool is_huge_aligned(const std::byte* data) {
  return reinterpret_cast<std::uintptr_t>(data) % kHugePage == 0;
}

// Address space of `size` bytes; from kHugeFrom on it starts at a huge page.
std::byte* reserve_pages(std::size_t size, int protection) {
  const std::size_t slack = size >= kHugeFrom ? kHugePage : 0;
  void* mapped =
      ::mmap(nullptr, size + slack, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  std::byte* start = static_cast<std::byte*>(mapped);
  if (slack == 0) return start;
  const std::size_t past = reinterpret_cast<std::uintptr_t>(start) % kHugePage;
  const std::size_t head = past == 0 ? 0 : kHugePage - past;
  if (head != 0) ::munmap(start, head);
  if (slack != head) ::munmap(start + head + size, slack - head);
  return start + head;
}

void advise_huge(std::byte* data, std::size_t size) {
  if (size >= kHugeFrom) ::madvise(data, size, MADV_HUGEPAGE);
}

}  // namespace

std::size_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

std::byte* map_pages(std::size_t size) {
  std::byte* data = reserve_pages(size, PROT_READ | PROT_WRITE);
  advise_huge(data, size);
  return data;
}

void unmap_pages(std::byte* data, std::size_t size) noexcept { ::munmap(data, size); }

// Moves pages, not bytes.
std::byte* resize_pages(std::byte* data, std::size_t size, std::size_t, std::size_t new_size) {
  if (new_size < kHugeFrom || is_huge_aligned(data)) {
    void* in_place = ::mremap(data, size, new_size, 0);
    if (in_place != MAP_FAILED) {
      advise_huge(data, new_size);
      return data;
    }
  }
  std::byte* target = reserve_pages(new_size, PROT_NONE);
  void* moved =
      ::mremap(data, size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, static_cast<void*>(target));
  // On failure the kernel may already have freed the target, and another thread may have got it:
  // the reservation is left behind rather than unmapped.
  if (moved == MAP_FAILED) throw std::bad_alloc();
  advise_huge(target, new_size);
  return target;
}

}  // namespace ruvector::base
