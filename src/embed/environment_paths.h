// Thread-safe while nobody changes the environment.
#pragma once

#include <filesystem>
#include <optional>

namespace ruvector::embed {

// None for a variable that is not set or empty.
std::optional<std::filesystem::path> path_in_environment(const char* name);

// The user's, absolute. Throws EmbedError when there is none.
std::filesystem::path home_directory();

}  // namespace ruvector::embed
