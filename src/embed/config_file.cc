#include "embed/config_file.h"

#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/mapped_file.h"
#include "base/path_text.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {

// Called by the parser, which recurses nowhere, for each token; keeps the scalars of the outer
// object and of the objects in it. What is in lists is skipped.
class ConfigFile::Reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Reader(ConfigFile& file) : file_(file) {}

  bool null() override { return scalar(std::nullopt); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(std::int64_t value) override { return scalar(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) override { return scalar(value); }
  bool number_float(double value, const std::string& /*text*/) override { return scalar(value); }
  bool string(std::string& value) override { return scalar(std::move(value)); }
  bool binary(nlohmann::json::binary_t& /*value*/) override { return scalar(Other{}); }

  bool start_object(std::size_t /*size*/) override {
    if (depth_ > 0) scalar(Other{});
    return enter();
  }
  bool start_array(std::size_t /*size*/) override {
    scalar(Other{});
    if (lists_from_ == 0) lists_from_ = depth_ + 1;
    return enter();
  }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }

  bool key(std::string& name) override {
    if (!is_kept()) return true;
    if (depth_ == 1) {
      outer_key_ = name;
      key_ = std::move(name);
    } else {
      key_ = outer_key_ + "." + name;
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    // The parser's own message quotes the text, which may be anything.
    throw EmbedError(file_.name_ + ": not JSON at byte " + std::to_string(position));
  }

 private:
  bool is_kept() const { return depth_ <= 2 && lists_from_ == 0; }

  bool scalar(std::optional<Value> value) {
    if (depth_ == 0) throw EmbedError(file_.name_ + ": not a JSON object");
    if (!is_kept() || !value) return true;
    if (!file_.values_.emplace(key_, std::move(*value)).second) {
      throw EmbedError(file_.name_ + ": key " + key_.substr(0, 64) + " is there twice");
    }
    return true;
  }
  bool enter() {
    ++depth_;
    return true;
  }
  bool leave() {
    if (depth_ == lists_from_) lists_from_ = 0;
    --depth_;
    return true;
  }

  ConfigFile& file_;
  std::string outer_key_;
  std::string key_;
  std::size_t depth_ = 0;
  std::size_t lists_from_ = 0;  // the depth of the outermost list that is open, or 0
};

std::optional<ConfigFile> ConfigFile::open(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  try {
    const auto file = base::MappedFile::open(path);
    return parse({reinterpret_cast<const char*>(file->data()), file->size()},
                 base::path_text(path));
  } catch (const PersistError& reason) {
    throw EmbedError(reason.what());
  }
}

ConfigFile ConfigFile::parse(std::string_view text, std::string name) {
  if (text.size() > kMaxConfigBytes) {
    throw EmbedError(name + ": " + std::to_string(text.size()) + " bytes, the limit is " +
                     std::to_string(kMaxConfigBytes));
  }
  ConfigFile file;
  file.name_ = std::move(name);
  Reader reader(file);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  return file;
}

std::optional<std::uint64_t> ConfigFile::count(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* count = std::get_if<std::uint64_t>(value)) return *count;
  refuse_type(key, "a whole number");
}

std::optional<double> ConfigFile::number(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<double>(value)) return *number;
  if (const auto* count = std::get_if<std::uint64_t>(value)) return static_cast<double>(*count);
  refuse_type(key, "a number");
}

std::optional<std::string> ConfigFile::text(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  refuse_type(key, "a text");
}

std::optional<bool> ConfigFile::flag(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = std::get_if<bool>(value)) return *flag;
  refuse_type(key, "true or false");
}

const ConfigFile::Value* ConfigFile::find(std::string_view key) const noexcept {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

void ConfigFile::refuse_type(std::string_view key, const char* wanted) const {
  throw EmbedError(name_ + ": " + std::string(key) + " is not " + wanted);
}

}  // namespace ruvector::embed
