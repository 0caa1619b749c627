// Variables of the environment and caches, for tests; all as before when they go.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/test_folder.h"

namespace ruvector::embed {

// Sets a variable, or takes it away when `value` is null.
class ScopedVariable {
 public:
  ScopedVariable(std::string name, const char* value) : name_(std::move(name)) {
    if (const char* const before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  ~ScopedVariable() { set(before_ ? before_->c_str() : nullptr); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void set(const char* value) const {
    if (value != nullptr) {
      ::setenv(name_.c_str(), value, 1);
    } else {
      ::unsetenv(name_.c_str());
    }
  }

  std::string name_;
  std::optional<std::string> before_;
};

// Our cache and those of other libraries lie in one empty folder.
class ScopedCaches {
 public:
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  const base::TestFolder folder_;
  ScopedVariable home_{"HOME", folder_.path().c_str()};
  ScopedVariable own_{"RUVECTOR_CACHE", nullptr};
  ScopedVariable xdg_{"XDG_CACHE_HOME", nullptr};
  ScopedVariable hub_{"HF_HUB_CACHE", nullptr};
  ScopedVariable old_hub_{"HUGGINGFACE_HUB_CACHE", nullptr};
  ScopedVariable hub_home_{"HF_HOME", nullptr};
  ScopedVariable torch_{"TORCH_HOME", nullptr};
};

inline void write_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace ruvector::embed
