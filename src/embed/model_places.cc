#include "embed/model_places.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "embed/environment_paths.h"

namespace ruvector {
namespace {

using Path = std::filesystem::path;

using embed::home_directory;
using embed::path_in_environment;

// None for a variable that is not set or empty.
std::optional<Path> from_environment(const char* name) {
  const std::optional<Path> value = path_in_environment(name);
  return value ? std::optional(std::filesystem::absolute(*value)) : std::nullopt;
}

// XDG_CACHE_HOME, of which its specification says that a relative path is to be ignored.
Path user_caches() {
  const std::optional<Path> value = path_in_environment("XDG_CACHE_HOME");
  return value && value->is_absolute() ? *value : home_directory() / ".cache";
}

// As huggingface_hub names a repository's folder.
std::string folder_of(const std::string& repository) {
  std::string name = "models--";
  for (const char c : repository) {
    if (c == '/') {
      name += "--";
    } else {
      name += c;
    }
  }
  return name;
}

Path torch_checkpoints() {
  const auto torch_home = from_environment("TORCH_HOME");
  return (torch_home ? *torch_home : user_caches() / "torch") / "hub" / "checkpoints";
}

}  // namespace

Path cache_directory() {
  const auto own = from_environment("RUVECTOR_CACHE");
  return own ? *own : user_caches() / "ruvector";
}

Path model_directory(const Model& model) {
  return cache_directory() / "models" / model.name / model.revision;
}

namespace embed {

Path hub_cache_directory() {
  for (const char* const name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const auto cache = from_environment(name)) return *cache;
  }
  const auto home = from_environment("HF_HOME");
  return (home ? *home : user_caches() / "huggingface") / "hub";
}

std::vector<Path> places_in_other_caches(const Model& model, const ModelFile& file) {
  if (model.repository.empty()) return {torch_checkpoints() / file.name};
  const Path folder = hub_cache_directory() / folder_of(model.repository);
  return {folder / "snapshots" / model.revision / file.name, folder / "blobs" / file.sha256};
}

}  // namespace embed
}  // namespace ruvector
