#include "embed/model_places.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "ruvector/base/errors.h"

namespace ruvector {
namespace {

using Path = std::filesystem::path;

// None for a variable that is not set or empty.
std::optional<Path> from_environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::filesystem::absolute(value);
}

Path home_directory() {
  if (const auto home = from_environment("HOME")) return *home;
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_dir == nullptr || *found->pw_dir == '\0') {
    throw EmbedError("no home directory to keep models in: set RUVECTOR_CACHE");
  }
  return found->pw_dir;
}

// XDG_CACHE_HOME, of which its specification says that a relative path is to be ignored.
Path user_caches() {
  const char* const value = std::getenv("XDG_CACHE_HOME");
  if (value != nullptr && *value == '/') return value;
  return home_directory() / ".cache";
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
