// Thread-safe.
#pragma once

namespace ruvector::base {

// How debuggers and tools call the calling thread: 15 bytes at most. Does nothing where threads
// have no names.
void name_this_thread(const char* name) noexcept;

}  // namespace ruvector::base
