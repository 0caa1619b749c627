// Tells a process from the one it was forked from. Thread-safe.
#pragma once

namespace ruvector::bindings {

// How many forks lie between the first process and this one.
unsigned process_generation() noexcept;

}  // namespace ruvector::bindings
