// When a file was changed, in nanoseconds since 1970: systems name the fields differently.
// Thread-safe.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace ruvector::base {

// Of its bytes; a user can set it back.
std::int64_t modified_ns(const struct stat& status) noexcept;

// Of its bytes or of what is known about it.
std::int64_t changed_ns(const struct stat& status) noexcept;

}  // namespace ruvector::base
