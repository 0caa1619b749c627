// A small JSON file of a model, such as config.json, by the scalar values of its outer object and
// of the objects in it: "hidden_size", "prompts.query".
// Thread-safe: nothing changes after it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ruvector::embed {

inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

class ConfigFile {
 public:
  // None when there is no such file. Throws EmbedError for one that cannot be read.
  static std::optional<ConfigFile> open(const std::filesystem::path& path);

  // `name` is for messages. Throws EmbedError for text that is no JSON object or has a key twice.
  static ConfigFile parse(std::string_view text, std::string name);

  // The value of `key`, none when it is not there or null. Throw EmbedError for one of another
  // type.
  std::optional<std::uint64_t> count(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;

  const std::string& name() const noexcept { return name_; }

 private:
  struct Other {};  // lists and objects
  using Value = std::variant<Other, bool, std::uint64_t, double, std::string>;
  class Reader;

  const Value* find(std::string_view key) const noexcept;
  [[noreturn]] void refuse_type(std::string_view key, const char* wanted) const;

  std::string name_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace ruvector::embed
