// Tells a process from the one it was forked from: what threads of the parent had begun is never
// finished in the child. Thread-safe.
#pragma once

#include <cstdint>

namespace ruvector::base {

// Forks between the first process and this one.
std::uint64_t fork_epoch() noexcept;

}  // namespace ruvector::base
