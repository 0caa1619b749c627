// Names of files as texts, in messages and in what is written: UTF-8 on every system, and on POSIX
// the bytes that the name has. (path::string() is in a code page on Windows, and throws for names
// that it cannot say.)
// Thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ruvector::base {

inline std::string path_text(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

// With '/' between its parts on every system.
inline std::string generic_path_text(const std::filesystem::path& path) {
  const std::u8string text = path.generic_u8string();
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

inline std::filesystem::path path_of_text(std::string_view text) {
  return std::u8string_view(reinterpret_cast<const char8_t*>(text.data()), text.size());
}

}  // namespace ruvector::base
