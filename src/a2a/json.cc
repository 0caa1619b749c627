#include "a2a/json.h"

#include <algorithm>
#include <array>

namespace ruvector::a2a {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_escape(std::string& out, unsigned char character) {
  switch (character) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      out += "\\u00";
      out += kHexDigits[character >> 4];
      out += kHexDigits[character & 15];
  }
}

void append(std::string& out, const Json& value);

void append_items(std::string& out, const std::vector<Json>& items) {
  out += '[';
  for (const Json& item : items) {
    if (&item != items.data()) out += ',';
    append(out, item);
  }
  out += ']';
}

void append_members(std::string& out, const std::vector<Json::Member>& members) {
  out += '{';
  for (const Json::Member& member : members) {
    if (&member != members.data()) out += ',';
    append_quoted(out, member.first);
    out += ':';
    append(out, member.second);
  }
  out += '}';
}

void append(std::string& out, const Json& value) {
  switch (value.kind) {
    case Json::Kind::null:
      out += "null";
      return;
    case Json::Kind::boolean:
      out += value.boolean ? "true" : "false";
      return;
    case Json::Kind::number:
      out += value.text;
      return;
    case Json::Kind::string:
      append_quoted(out, value.text);
      return;
    case Json::Kind::array:
      append_items(out, value.items);
      return;
    case Json::Kind::object:
      append_members(out, value.members);
      return;
  }
}

}  // namespace

Json Json::of(bool value) {
  Json json;
  json.kind = Kind::boolean;
  json.boolean = value;
  return json;
}

Json Json::of(std::uint64_t value) {
  Json json;
  json.kind = Kind::number;
  json.text = std::to_string(value);
  return json;
}

Json Json::of(std::string_view value) {
  Json json;
  json.kind = Kind::string;
  json.text = value;
  return json;
}

Json Json::of(std::vector<Json> items) {
  Json json;
  json.kind = Kind::array;
  json.items = std::move(items);
  return json;
}

Json Json::of(std::vector<Member> members) {
  Json json;
  json.kind = Kind::object;
  json.members = std::move(members);
  return json;
}

const Json* Json::find(std::string_view name) const noexcept {
  for (const Member& member : members) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // where the characters begin that are not appended yet
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto character = static_cast<unsigned char>(text[i]);
    if (character >= 0x20 && character != '"' && character != '\\') continue;
    out += text.substr(plain, i - plain);
    append_escape(out, character);
    plain = i + 1;
  }
  out += text.substr(plain);
  out += '"';
}

std::string to_text(const Json& value) {
  std::string text;
  append(text, value);
  return text;
}

}  // namespace ruvector::a2a
