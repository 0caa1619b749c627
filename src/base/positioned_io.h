// Bytes of an open file at an offset, whatever others read and write meanwhile.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ruvector::base {

// As pread() and pwrite(): the number of bytes, fewer than `size` perhaps and 0 at the end of the
// file, or -1 with errno, which is not EINTR.
std::ptrdiff_t read_at(int fd, void* data, std::size_t size, std::uint64_t offset) noexcept;
std::ptrdiff_t write_at(int fd, const void* data, std::size_t size, std::uint64_t offset) noexcept;

// All bytes: 0, or -1 with errno, and some of them may be written.
int write_all_at(int fd, const void* data, std::size_t size, std::uint64_t offset) noexcept;

}  // namespace ruvector::base
