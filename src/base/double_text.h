// Thread-safe.
#pragma once

#include <charconv>
#include <string_view>

namespace ruvector::base {

// std::from_chars() of a decimal number at the start of `text`, which not every standard library
// has for doubles yet: the nearest double, in every locale, without space, '+', "inf" and "nan" in
// front.
std::from_chars_result read_double(std::string_view text, double& value);

}  // namespace ruvector::base
