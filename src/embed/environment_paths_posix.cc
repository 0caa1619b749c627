#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "embed/environment_paths.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {

std::optional<std::filesystem::path> path_in_environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::filesystem::path home_directory() {
  if (const auto home = path_in_environment("HOME")) return std::filesystem::absolute(*home);
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_dir == nullptr || *found->pw_dir == '\0') {
    throw EmbedError("no home directory to keep models in: set RUVECTOR_CACHE");
  }
  return found->pw_dir;
}

}  // namespace ruvector::embed
