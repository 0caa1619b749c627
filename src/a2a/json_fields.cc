#include "a2a/json_fields.h"

#include <charconv>
#include <cmath>

#include "base/double_text.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

std::string_view kind_name(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return "a boolean";
    case Json::Kind::number:
      return "a number";
    case Json::Kind::string:
      return "a string";
    case Json::Kind::array:
      return "an array";
    case Json::Kind::object:
      return "an object";
  }
  return "unknown";
}

std::string is_not(Json::Kind actual, Json::Kind wanted) {
  return "is " + std::string(kind_name(actual)) + ", not " + std::string(kind_name(wanted));
}

}  // namespace

JsonFields::JsonFields(const Json& value, std::string_view name)
    : JsonFields(value, nullptr, name, kNoIndex) {}

JsonFields::JsonFields(const Json& value, const JsonFields* parent, std::string_view name,
                       std::size_t index)
    : value_(&value), parent_(parent), name_(name), index_(index) {
  if (!value.is(Json::Kind::object)) fail("", is_not(value.kind, Json::Kind::object));
}

const Json* JsonFields::find(std::string_view name) const noexcept {
  const Json* const found = value_->find(name);
  return found == nullptr || found->is(Json::Kind::null) ? nullptr : found;
}

const Json* JsonFields::find(std::string_view name, Json::Kind kind) const {
  const Json* const found = find(name);
  if (found != nullptr && !found->is(kind)) fail(name, is_not(found->kind, kind));
  return found;
}

const Json& JsonFields::require(std::string_view name, Json::Kind kind) const {
  const Json* const found = find(name, kind);
  if (found == nullptr) fail(name, "is missing");
  return *found;
}

const std::string& JsonFields::required_string(std::string_view name) const {
  return require(name, Json::Kind::string).text;
}

std::string JsonFields::optional_string(std::string_view name) const {
  const Json* const found = find(name, Json::Kind::string);
  return found == nullptr ? std::string() : found->text;
}

bool JsonFields::optional_bool(std::string_view name, bool when_missing) const {
  const Json* const found = find(name, Json::Kind::boolean);
  return found == nullptr ? when_missing : found->boolean;
}

std::uint64_t JsonFields::required_unsigned(std::string_view name) const {
  require(name, Json::Kind::number);
  return *optional_unsigned(name);
}

std::optional<std::uint64_t> JsonFields::optional_unsigned(std::string_view name) const {
  const Json* const found = find(name, Json::Kind::number);
  if (found == nullptr) return std::nullopt;
  const char* const end = found->text.data() + found->text.size();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(found->text.data(), end, number);
  if (error != std::errc() || stop != end) fail(name, "is no unsigned 64-bit integer");
  return number;
}

std::optional<double> JsonFields::optional_double(std::string_view name) const {
  const Json* const found = find(name, Json::Kind::number);
  if (found == nullptr) return std::nullopt;
  const char* const end = found->text.data() + found->text.size();
  double number = 0;
  const auto [stop, error] = base::read_double(found->text, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) {
    fail(name, "is no number that a double can hold");
  }
  return number;
}

std::vector<std::string> JsonFields::optional_strings(std::string_view name) const {
  std::vector<std::string> strings;
  const Json* const array = optional_array(name);
  if (array == nullptr) return strings;
  strings.reserve(array->items.size());
  for (const Json& item : array->items) {
    if (!item.is(Json::Kind::string)) {
      fail(std::string(name) + '[' + std::to_string(strings.size()) + ']',
           is_not(item.kind, Json::Kind::string));
    }
    strings.push_back(item.text);
  }
  return strings;
}

std::string JsonFields::optional_object_text(std::string_view name) const {
  const Json* const found = find(name, Json::Kind::object);
  return found == nullptr ? std::string() : to_text(*found);
}

JsonFields JsonFields::required_object(std::string_view name) const {
  return {require(name, Json::Kind::object), this, name, kNoIndex};
}

std::optional<JsonFields> JsonFields::optional_object(std::string_view name) const {
  const Json* const found = find(name, Json::Kind::object);
  if (found == nullptr) return std::nullopt;
  return JsonFields(*found, this, name, kNoIndex);
}

const Json* JsonFields::optional_array(std::string_view name) const {
  return find(name, Json::Kind::array);
}

void JsonFields::fail(std::string_view name, std::string_view reason) const {
  const std::string full = name.empty() ? way() : way() + '.' + std::string(name);
  throw ProtocolError(full + ' ' + std::string(reason));
}

std::string JsonFields::way() const {
  std::string text = parent_ == nullptr ? std::string() : parent_->way() + '.';
  text += name_;
  if (index_ != kNoIndex) text += '[' + std::to_string(index_) + ']';
  return text;
}

}  // namespace ruvector::a2a
