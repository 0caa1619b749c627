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
#include "base/test_variable.h"

namespace ruvector::embed {

// Sets a variable, or takes it away when there is no value.
class ScopedVariable {
 public:
  ScopedVariable(std::string name, const std::optional<std::string>& value)
      : name_(std::move(name)) {
    if (const char* const before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  ~ScopedVariable() { set(before_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void set(const std::optional<std::string>& value) const {
    if (value) {
      base::set_variable(name_, *value);
    } else {
      base::remove_variable(name_);
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
  ScopedVariable home_{base::kHomeVariable, folder_.path().string()};
  ScopedVariable own_{"RUVECTOR_CACHE", std::nullopt};
  ScopedVariable xdg_{"XDG_CACHE_HOME", std::nullopt};
  ScopedVariable hub_{"HF_HUB_CACHE", std::nullopt};
  ScopedVariable old_hub_{"HUGGINGFACE_HUB_CACHE", std::nullopt};
  ScopedVariable hub_home_{"HF_HOME", std::nullopt};
  ScopedVariable torch_{"TORCH_HOME", std::nullopt};
};

inline void write_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace ruvector::embed
