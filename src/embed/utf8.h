// Code points to UTF-8 and back.
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ruvector::embed {

struct Decoded {
  char32_t c;
  std::size_t length;  // in bytes; 0: what is there is no UTF-8
};

// The code point that `text`, which is not empty, begins with.
Decoded decode_utf8(std::string_view text);

// Writes up to four bytes and returns how many.
std::size_t encode_utf8(char32_t c, char* bytes);

// `text` in quotes, for a message: at most some 40 bytes of it, and UTF-8 whatever it is.
std::string in_quotes(std::string_view text);

}  // namespace ruvector::embed
