// How long calls tell how far they are.
#pragma once

#include <cstddef>
#include <functional>

namespace ruvector {

// Called on the calling thread with (done, total); may throw to cancel, and then nothing is
// changed.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

}  // namespace ruvector
