// Texts of a peer, for messages of errors: short, and harmless to print.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace ruvector::a2a {

// `text`, which is UTF-8, or the first code points of it within 300 bytes and three dots. Control
// characters become spaces.
std::string shortened(std::string_view text);

// The first 60 of any bytes in quotes, as ASCII: others as \xNN.
std::string first_bytes(std::string_view bytes);

}  // namespace ruvector::a2a
