// Thread-safe while nobody changes the environment.
#pragma once

#include <filesystem>

namespace ruvector::base {

// Where the user wants temporary files: TMPDIR or else /tmp, on Windows TMP and what comes after it
// there. It need not exist.
std::filesystem::path temporary_folder();

}  // namespace ruvector::base
