#include "a2a/dialects/peer_text.h"

#include <algorithm>
#include <cstddef>

namespace ruvector::a2a {
namespace {

constexpr std::size_t kMaxTextBytes = 300;
constexpr std::size_t kMaxFirstBytes = 60;

bool is_control(char character) {
  return static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
}

}  // namespace

std::string shortened(std::string_view text) {
  std::size_t size = std::min(text.size(), kMaxTextBytes);
  // A byte 10xxxxxx goes on with the code point before it.
  while (size < text.size() && size > 0 &&
         (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  std::string result(text.substr(0, size));
  std::replace_if(result.begin(), result.end(), is_control, ' ');
  if (size < text.size()) result += "...";
  return result;
}

std::string first_bytes(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result = "'";
  for (const char character : bytes.substr(0, kMaxFirstBytes)) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 && byte < 0x7F) {
      result += character;
    } else {
      result += "\\x";
      result += kDigits[byte >> 4];
      result += kDigits[byte & 0xF];
    }
  }
  result += bytes.size() > kMaxFirstBytes ? "...'" : "'";
  return result;
}

}  // namespace ruvector::a2a
