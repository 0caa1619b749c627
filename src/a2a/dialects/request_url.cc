#include "a2a/dialects/request_url.h"

namespace ruvector::a2a {
namespace {

bool is_unreserved(char character) {
  const bool is_digit = character >= '0' && character <= '9';
  const char lower = static_cast<char>(character | 0x20);
  const bool is_letter = lower >= 'a' && lower <= 'z';
  return is_digit || is_letter || character == '-' || character == '.' || character == '_' ||
         character == '~';
}

}  // namespace

std::string join_url(std::string_view base, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  std::string url(base);
  url += path;
  return url;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  const bool only_dots = text == "." || text == "..";
  for (const char character : text) {
    if (is_unreserved(character) && !only_dots) {
      encoded += character;
    } else {
      const auto byte = static_cast<unsigned char>(character);
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 0xF];
    }
  }
  return encoded;
}

}  // namespace ruvector::a2a
