// Writes compact JSON in one pass, without a tree.
// Not thread-safe. Begin and end must match, and an object's values follow keys; that is not
// checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruvector::a2a {

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  // Of the member whose value follows; `name` is ASCII without anything to escape.
  JsonWriter& key(std::string_view name);
  // As key(), of any UTF-8.
  JsonWriter& text_key(std::string_view name);
  // Throws std::invalid_argument for what is no UTF-8.
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::uint64_t value);
  // The shortest digits that read as `value`. Throws std::invalid_argument for NaN and infinity.
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  // `json` is one JSON value and stands as it is.
  JsonWriter& raw(std::string_view json);
  // As raw(), of JSON text from outside. Throws std::invalid_argument, which begins with `what`,
  // for what is no JSON, or with `must_be_object` no object.
  JsonWriter& checked(std::string_view json, std::string_view what, bool must_be_object);
  JsonWriter& texts(const std::vector<std::string>& values);

  // key() and text(), unless `value` is empty.
  JsonWriter& text_member(std::string_view name, std::string_view value);
  // key() and checked() of an object, unless `json` is empty.
  JsonWriter& object_member(std::string_view name, std::string_view json, std::string_view what);

  std::string take() && { return std::move(out_); }

 private:
  void separate();

  std::string out_;
  bool needs_comma_ = false;
};

}  // namespace ruvector::a2a
