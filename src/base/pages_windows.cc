#include <algorithm>
#include <cstring>
#include <new>

#include "base/pages.h"
#include "base/windows_file.h"

namespace ruvector::base {
namespace {

// How much is in both places at once when a block moves; a multiple of the pages.
constexpr std::size_t kStep = std::size_t{1} << 20;

}  // namespace

std::size_t page_bytes() noexcept {
  static const auto bytes = [] {
    SYSTEM_INFO system{};
    ::GetSystemInfo(&system);
    return static_cast<std::size_t>(system.dwPageSize);
  }();
  return bytes;
}

std::byte* map_pages(std::size_t size) {
  void* mapped = ::VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (mapped == nullptr) throw std::bad_alloc();
  return static_cast<std::byte*>(mapped);
}

// The whole reservation, also what resize_pages() has taken from its end.
void unmap_pages(std::byte* data, std::size_t /*size*/) noexcept {
  ::VirtualFree(data, 0, MEM_RELEASE);
}

std::byte* resize_pages(std::byte* data, std::size_t size, std::size_t used, std::size_t new_size) {
  if (new_size <= size) {
    if (new_size < size) ::VirtualFree(data + new_size, size - new_size, MEM_DECOMMIT);
    return data;
  }
  // All of it is promised at once, so that nothing fails half way; memory is taken page by page.
  std::byte* target = map_pages(new_size);
  for (std::size_t from = 0; from < size; from += kStep) {
    const std::size_t step = std::min(kStep, size - from);
    if (from < used) std::memcpy(target + from, data + from, std::min(step, used - from));
    ::VirtualFree(data + from, step, MEM_DECOMMIT);
  }
  unmap_pages(data, size);
  return target;
}

}  // namespace ruvector::base
