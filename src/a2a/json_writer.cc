#include "a2a/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "a2a/json.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

// How many bytes of `text` follow each other as well-formed UTF-8 (RFC 3629, section 4).
std::size_t utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = [&](std::size_t i) -> unsigned {
      return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
    };
    const unsigned lead = byte(0);
    std::size_t length = 1;
    unsigned least = 0x80;
    unsigned greatest = 0xBF;
    if (lead >= 0x80) {
      if (lead < 0xC2 || lead > 0xF4) return at;
      length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      if (lead == 0xE0) least = 0xA0;
      if (lead == 0xED) greatest = 0x9F;
      if (lead == 0xF0) least = 0x90;
      if (lead == 0xF4) greatest = 0x8F;
      if (byte(1) < least || byte(1) > greatest) return at;
      for (std::size_t i = 2; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return at;
      }
    }
    at += length;
  }
  return at;
}

template <class T>
void append_digits(std::string& out, T value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void JsonWriter::separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_ += '{';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_ += '}';
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_ += '[';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_ += ']';
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::text_key(std::string_view name) {
  text(name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  if (const std::size_t good = utf8_prefix(value); good != value.size()) {
    throw std::invalid_argument("a2a: a text of " + std::to_string(value.size()) +
                                " bytes is no UTF-8 from byte " + std::to_string(good) + " on");
  }
  separate();
  append_quoted(out_, value);
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  separate();
  append_digits(out_, value);
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  if (!std::isfinite(value)) throw std::invalid_argument("a2a: a number must be finite");
  separate();
  append_digits(out_, value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::checked(std::string_view json, std::string_view what, bool must_be_object) {
  Json value;
  try {
    value = parse_json(json, what);
  } catch (const ProtocolError& error) {
    throw std::invalid_argument(error.what());
  }
  if (must_be_object && !value.is(Json::Kind::object)) {
    throw std::invalid_argument(std::string(what) + ": must be a JSON object");
  }
  return raw(to_text(value));
}

JsonWriter& JsonWriter::texts(const std::vector<std::string>& values) {
  begin_array();
  for (const std::string& value : values) text(value);
  return end_array();
}

JsonWriter& JsonWriter::text_member(std::string_view name, std::string_view value) {
  return value.empty() ? *this : key(name).text(value);
}

JsonWriter& JsonWriter::object_member(std::string_view name, std::string_view json,
                                      std::string_view what) {
  return json.empty() ? *this : key(name).checked(json, what, true);
}

}  // namespace ruvector::a2a
