// Bytes that nobody can guess. Thread-safe.
#pragma once

#include <cstddef>
#include <span>

namespace ruvector::a2a {

// Throws std::system_error when the system has none.
void fill_random(std::span<std::byte> bytes);

}  // namespace ruvector::a2a
