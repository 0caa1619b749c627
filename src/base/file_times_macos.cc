#include "base/file_times.h"

namespace ruvector::base {
namespace {

std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::int64_t modified_ns(const struct stat& status) noexcept {
  return nanoseconds(status.st_mtimespec);
}

std::int64_t changed_ns(const struct stat& status) noexcept {
  return nanoseconds(status.st_ctimespec);
}

}  // namespace ruvector::base
