// Large blocks of memory, mapped from the kernel: pages that nobody has touched are zero and take
// no room.
// Thread-safe; a block itself belongs to one user at a time.
#pragma once

#include <cstddef>

namespace ruvector::base {

// The unit of the sizes below.
std::size_t page_bytes() noexcept;

// Zeroes. Throws std::bad_alloc.
std::byte* map_pages(std::size_t size);

void unmap_pages(std::byte* data, std::size_t size) noexcept;

// The block with another size, at another place perhaps; what is added is zero. Old and new bytes
// are never held at once. Bytes from `used` on must be zero. Throws std::bad_alloc, and the block
// is then what it was.
std::byte* resize_pages(std::byte* data, std::size_t size, std::size_t used, std::size_t new_size);

}  // namespace ruvector::base
