// Thread-safe.
#pragma once

namespace ruvector::base {

// Waits until what was written to the file or directory would survive a power cut. As fsync(): 0,
// or -1 with errno.
int make_durable(int fd) noexcept;

}  // namespace ruvector::base
