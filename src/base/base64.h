// Base64 (RFC 4648) of both alphabets. Thread-safe: functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ruvector::base {

enum class Base64 : std::uint8_t {
  standard,  // '+', '/', padded with '='
  url_safe,  // '-', '_', not padded, as JSON Web Signatures have it
};

std::string to_base64(std::string_view bytes, Base64 alphabet);

// The one text of given bytes and nothing else: no line ends, padding exactly as the alphabet has
// it, unused bits zero. Nothing for any other text.
std::optional<std::string> from_base64(std::string_view text, Base64 alphabet);

}  // namespace ruvector::base
