// A number as messages of errors show it: the shortest text that reads back as the same number.
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace ruvector::a2a {

inline std::string number_text(double value) {
  std::array<char, 64> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

}  // namespace ruvector::a2a
