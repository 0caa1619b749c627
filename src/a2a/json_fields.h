// Reads the members of an object as what a protocol says they are. An error is a ProtocolError that
// names the way to the member, such as `task.status.state`.
// Views: they live no longer than the Json and the JsonFields that they were made from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/json.h"

namespace ruvector::a2a {

class JsonFields {
 public:
  // Throws when `value` is no object. `name` is what the way begins with.
  JsonFields(const Json& value, std::string_view name);

  const Json& value() const noexcept { return *value_; }
  // The member called `name`; null when it is missing, or is the value null.
  const Json* find(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }

  // Missing members and nulls: an error where it says `required`, else nothing.
  const std::string& required_string(std::string_view name) const;
  std::string optional_string(std::string_view name) const;  // empty when missing
  bool optional_bool(std::string_view name, bool when_missing = false) const;
  std::uint64_t required_unsigned(std::string_view name) const;
  std::optional<std::uint64_t> optional_unsigned(std::string_view name) const;
  std::optional<double> optional_double(std::string_view name) const;
  std::vector<std::string> optional_strings(std::string_view name) const;
  std::string optional_object_text(std::string_view name) const;  // as to_text() has it, or empty

  JsonFields required_object(std::string_view name) const;
  std::optional<JsonFields> optional_object(std::string_view name) const;
  // Calls `take(const JsonFields&)` for each element of an array of objects.
  template <class Take>
  void for_each_object(std::string_view name, Take take) const {
    const Json* const array = optional_array(name);
    for (std::size_t i = 0; array != nullptr && i < array->items.size(); ++i) {
      take(JsonFields(array->items[i], this, name, i));
    }
  }
  // Null when missing; an error when it is no array.
  const Json* optional_array(std::string_view name) const;

  // ProtocolError: "<way>.<name> <reason>", without the name when it is empty.
  [[noreturn]] void fail(std::string_view name, std::string_view reason) const;

 private:
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

  JsonFields(const Json& value, const JsonFields* parent, std::string_view name, std::size_t index);
  const Json* find(std::string_view name, Json::Kind kind) const;
  const Json& require(std::string_view name, Json::Kind kind) const;
  std::string way() const;

  const Json* value_;
  const JsonFields* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = kNoIndex;  // in the parent's array `name_`
};

}  // namespace ruvector::a2a
