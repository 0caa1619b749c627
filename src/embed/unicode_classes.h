// What Hugging Face's tokenizers take each code point for.
//
// Their tables are not today's Unicode: marks, punctuation and control characters come from a crate
// that stayed at Unicode 8, so a mark of Unicode 9 is a letter to every vector made so far. These
// are those tables, so that no version of a library on the machine changes a vector.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ruvector::embed {

inline constexpr std::size_t kCodePoints = 0x110000;

using CharClass = std::uint8_t;  // a set of the bits below
inline constexpr CharClass kWhiteSpace = 1;
inline constexpr CharClass kPunctuation = 2;
inline constexpr CharClass kDropped = 4;     // control, format, private use, U+0000, U+FFFD
inline constexpr CharClass kIdeograph = 8;   // a word by itself
inline constexpr CharClass kMark = 16;       // nonspacing, the accents that are stripped
inline constexpr CharClass kCombining = 32;  // no mark, but put in canonical order
inline constexpr CharClass kFolds = 64;      // may decompose or have a lower case

// The class of every code point. Made at the first call, in some 50 us.
std::span<const CharClass, kCodePoints> unicode_classes();

// The canonical combining class of a code point that is kCombining.
std::uint8_t combining_class(char32_t c);

}  // namespace ruvector::embed
