#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/pages.h"

namespace ruvector::base {
namespace {

// How much is in both places at once when a block moves; a multiple of any system's pages.
constexpr std::size_t kStep = std::size_t{1} << 20;

}  // namespace

std::size_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

std::byte* map_pages(std::size_t size) {
  void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(mapped);
}

void unmap_pages(std::byte* data, std::size_t size) noexcept { ::munmap(data, size); }

std::byte* resize_pages(std::byte* data, std::size_t size, std::size_t used, std::size_t new_size) {
  if (new_size <= size) {
    if (new_size < size) ::munmap(data + new_size, size - new_size);
    return data;
  }
  std::byte* target = map_pages(new_size);
  for (std::size_t from = 0; from < size; from += kStep) {
    const std::size_t step = std::min(kStep, size - from);
    if (from < used) std::memcpy(target + from, data + from, std::min(step, used - from));
    ::munmap(data + from, step);
  }
  return target;
}

}  // namespace ruvector::base
