// Tells a process from the one it was forked from: what threads of the parent had begun is never
// finished in the child. Thread-safe. Where there is no fork(), nothing ever happens.
#pragma once

#include <cstdint>

namespace ruvector::base {

// Forks between the first process and this one.
std::uint64_t fork_epoch() noexcept;

// Has `forget` called in every child that is forked from now on, before anything else runs there.
// True, for initialising a constant of a file.
bool run_in_forked_children(void (*forget)()) noexcept;

}  // namespace ruvector::base
