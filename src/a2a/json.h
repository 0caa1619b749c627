// JSON as it stands on the wire: members in order, numbers as they are written, so that a signature
// over bytes can be checked and nothing is rounded. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ruvector::a2a {

struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  using Member = std::pair<std::string, Json>;

  Kind kind = Kind::null;
  bool boolean = false;
  std::string text;  // of a string: its characters as UTF-8; of a number: the lexeme
  std::vector<Json> items;
  std::vector<Member> members;

  static Json of(bool value);
  static Json of(std::uint64_t value);
  static Json of(std::string_view value);
  static Json of(const char* value) { return of(std::string_view(value)); }
  static Json of(std::vector<Json> items);
  static Json of(std::vector<Member> members);

  // The member called `name` of an object; null when it is missing or this is no object.
  const Json* find(std::string_view name) const noexcept;
  bool is(Kind wanted) const noexcept { return kind == wanted; }

  bool operator==(const Json&) const = default;
};

// The deepest that any limit may allow: parsing and copying call themselves for each level.
inline constexpr std::size_t kMaxJsonDepth = 512;

struct JsonLimits {
  std::size_t bytes = std::size_t{64} << 20;
  std::size_t depth = 64;                     // arrays and objects inside of each other
  std::size_t values = std::size_t{4} << 20;  // of all kinds: each costs far more than its text
};

// Throws ProtocolError, which says where, for what is no JSON (RFC 8259), not UTF-8, has a lone
// surrogate or a member twice, is too large or too deep; std::invalid_argument for a limit above
// kMaxJsonDepth. `what` begins the message.
Json parse_json(std::string_view text, std::string_view what, const JsonLimits& limits = {});

// Compact, in the order of the members, numbers as they are.
std::string to_text(const Json& value);
// Appends `text`, which is UTF-8, in quotes, with no more escapes than JSON demands.
void append_quoted(std::string& out, std::string_view text);

}  // namespace ruvector::a2a
