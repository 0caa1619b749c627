// The process-wide worker threads of the library, started at the first use that wants more than
// one. Thread-safe. After fork() the child starts its own workers at its first use.
#pragma once

#include <cstddef>

namespace ruvector {

// Workers that one call may use when it does not say: RUVECTOR_THREADS if set, else min(8, CPUs
// this process may run on).
std::size_t num_threads();

// Changes it for calls that start from now on. Throws std::invalid_argument outside 1..256.
void set_num_threads(std::size_t count);

}  // namespace ruvector
