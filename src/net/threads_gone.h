// Thread-safe.
#pragma once

namespace ruvector::net {

// Whether the process ends and has only this thread left, so that waiting for another would be in
// vain.
bool threads_are_gone() noexcept;

}  // namespace ruvector::net
