#include <stdlib.h>

#include <string>
#include <string_view>

#include "embed/environment_paths.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {

std::optional<std::filesystem::path> path_in_environment(const char* name) {
  const std::string_view text(name);
  const wchar_t* const value = ::_wgetenv(std::wstring(text.begin(), text.end()).c_str());
  if (value == nullptr || *value == L'\0') return std::nullopt;
  return value;
}

// As Python's expanduser(), which says where the caches of other libraries are.
std::filesystem::path home_directory() {
  if (const auto home = path_in_environment("USERPROFILE")) return std::filesystem::absolute(*home);
  throw EmbedError("no home directory to keep models in: set RUVECTOR_CACHE");
}

}  // namespace ruvector::embed
