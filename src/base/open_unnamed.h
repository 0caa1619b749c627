// Thread-safe.
#pragma once

#include <filesystem>

namespace ruvector::base {

// Makes a file without a name in the directory, for reading and writing. A descriptor, or -1 with
// errno.
int open_unnamed(const std::filesystem::path& directory);

// The same where there are no such files: one whose name is taken away at once.
int create_and_unlink(const std::filesystem::path& directory);

}  // namespace ruvector::base
