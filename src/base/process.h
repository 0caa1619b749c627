// Thread-safe.
#pragma once

namespace ruvector::base {

// The number of this process.
int this_process() noexcept;

// Whether this machine runs a process of that number, which must be above 0; one that may not be
// asked counts.
bool is_running(int process) noexcept;

}  // namespace ruvector::base
