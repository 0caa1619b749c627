#include <algorithm>

#include "base/positioned_io.h"
#include "base/windows_file.h"

namespace ruvector::base {
namespace {

constexpr std::size_t kLimit = std::size_t{1} << 30U;  // a count has 32 bits

OVERLAPPED at(std::uint64_t offset) noexcept {
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(offset & 0xffffffffU);
  place.OffsetHigh = static_cast<DWORD>(offset >> 32U);
  return place;
}

}  // namespace

std::ptrdiff_t read_at(int fd, void* data, std::size_t size, std::uint64_t offset) noexcept {
  OVERLAPPED place = at(offset);
  DWORD count = 0;
  const auto wanted = static_cast<DWORD>(std::min(size, kLimit));
  if (::ReadFile(handle_of(fd), data, wanted, &count, &place) != 0) {
    return static_cast<std::ptrdiff_t>(count);
  }
  return ::GetLastError() == ERROR_HANDLE_EOF ? 0 : fail_with_last_error();
}

std::ptrdiff_t write_at(int fd, const void* data, std::size_t size, std::uint64_t offset) noexcept {
  OVERLAPPED place = at(offset);
  DWORD count = 0;
  const auto wanted = static_cast<DWORD>(std::min(size, kLimit));
  if (::WriteFile(handle_of(fd), data, wanted, &count, &place) == 0) return fail_with_last_error();
  return static_cast<std::ptrdiff_t>(count);
}

}  // namespace ruvector::base
