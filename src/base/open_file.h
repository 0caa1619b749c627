// Thread-safe.
#pragma once

#include <filesystem>

namespace ruvector::base {

// Opens what there is for reading, be it a file or not, and waits for no writer of a pipe. Others
// may rename, replace and remove it meanwhile. A descriptor, or -1 with errno.
int open_for_reading(const std::filesystem::path& path) noexcept;

}  // namespace ruvector::base
