// Canonical decomposition and lower case of code points, by utf8proc, as Hugging Face's tokenizers
// have them: decompositions of Unicode 9, lower case of Unicode 17.
// Thread-safe.
#pragma once

#include <cstddef>
#include <span>

namespace ruvector::embed {

inline constexpr std::size_t kMaxDecomposition = 4;  // code points, of any code point

// Writes what `c` decomposes to, itself if it does not, and returns how many those are.
std::size_t decompose(char32_t c, std::span<char32_t, kMaxDecomposition> parts);

// Whether a mark (kMark) has the combining class 0, so that others are not moved across it.
bool is_starter(char32_t mark);

// The one of U+0130 has two code points and is not here: it is "i" with U+0307.
char32_t lower_case(char32_t c);

}  // namespace ruvector::embed
