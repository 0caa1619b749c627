#include "embed/utf8.h"

namespace ruvector::embed {
namespace {

char byte(char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); }

}  // namespace

Decoded decode_utf8(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1};
  // Leads below 0xC2 would be overlong or are no leads, those above 0xF4 are beyond U+10FFFF.
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return {0, 0};
  char32_t c = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return {0, 0};
    c = c << 6 | (at(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
  const bool surrogate = c >= 0xD800 && c < 0xE000;
  if (overlong || surrogate || c > 0x10FFFF) return {0, 0};
  return {c, length};
}

std::size_t encode_utf8(char32_t c, char* bytes) {
  if (c < 0x80) {
    bytes[0] = byte(c);
    return 1;
  }
  const std::size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (std::size_t i = length - 1; i > 0; --i, c >>= 6) bytes[i] = byte(0x80 | (c & 0x3F));
  bytes[0] = byte((0xF00u >> length & 0xFFu) | c);
  return length;
}

std::string in_quotes(std::string_view text) {
  std::string quote = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const Decoded decoded = decode_utf8(text.substr(at));
    if (decoded.length == 0 || at + decoded.length > 40) {
      quote += "...";
      break;
    }
    quote += text.substr(at, decoded.length);
    at += decoded.length;
  }
  return quote + '"';
}

}  // namespace ruvector::embed
