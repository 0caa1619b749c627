// How many bits the scan reads, found out on the data itself.
// Not thread-safe: the caller has exclusive access to the state.
#pragma once

#include <cstddef>

#include "index/state.h"

namespace ruvector::index {

// Compares the work of searches for some of the index's own rows with 1-bit and, where it can pay,
// 2-bit scan codes, and keeps the cheaper. Work is counted, not timed, so that the same data gives
// the same index on every machine.
void choose_scan_width(State& state, std::size_t threads, const Progress& progress);

}  // namespace ruvector::index
