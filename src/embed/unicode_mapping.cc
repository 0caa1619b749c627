#include "embed/unicode_mapping.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace ruvector::embed {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Decompose since Unicode 11; U+11938 since 13, the others since 16.
constexpr Range kDecomposesLater[] = {{0x105C9, 0x105C9}, {0x105E4, 0x105E4}, {0x11383, 0x11383},
                                      {0x11385, 0x11385}, {0x1138E, 0x1138E}, {0x11391, 0x11391},
                                      {0x113C5, 0x113C5}, {0x113C7, 0x113C8}, {0x11938, 0x11938},
                                      {0x16121, 0x16128}, {0x16D68, 0x16D6A}};

struct LowerCase {
  char32_t first;
  char32_t last;
  char32_t lower_of_first;
};

// Of Unicode 16 and 17, which not every utf8proc knows.
constexpr LowerCase kNewLowerCases[] = {
    {0x1C89, 0x1C89, 0x1C8A},    {0xA7CB, 0xA7CB, 0x264},  {0xA7CC, 0xA7CC, 0xA7CD},
    {0xA7CE, 0xA7CE, 0xA7CF},    {0xA7D2, 0xA7D2, 0xA7D3}, {0xA7D4, 0xA7D4, 0xA7D5},
    {0xA7DA, 0xA7DA, 0xA7DB},    {0xA7DC, 0xA7DC, 0x19B},  {0x10D50, 0x10D65, 0x10D70},
    {0x16EA0, 0x16EB8, 0x16EBB},
};

// The range that `c` is in, null if it is in none.
template <class T, std::size_t N>
const T* find(const T (&ranges)[N], char32_t c) {
  const T* range = std::ranges::lower_bound(ranges, c, {}, &T::last);
  return range != std::end(ranges) && range->first <= c ? range : nullptr;
}

}  // namespace

std::size_t decompose(char32_t c, std::span<char32_t, kMaxDecomposition> parts) {
  std::array<utf8proc_int32_t, kMaxDecomposition> buffer;
  int last_boundary_class = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(c), buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()),
      UTF8PROC_DECOMPOSE, &last_boundary_class);
  const auto size = static_cast<std::size_t>(count);
  if (count < 1 || size > parts.size() || find(kDecomposesLater, c) != nullptr) {
    parts[0] = c;
    return 1;
  }
  std::ranges::transform(std::span(buffer).first(size), parts.begin(),
                         [](utf8proc_int32_t part) { return static_cast<char32_t>(part); });
  return size;
}

bool is_starter(char32_t mark) {
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(mark))->combining_class == 0;
}

char32_t lower_case(char32_t c) {
  if (const LowerCase* range = find(kNewLowerCases, c)) {
    return range->lower_of_first + (c - range->first);
  }
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

}  // namespace ruvector::embed
