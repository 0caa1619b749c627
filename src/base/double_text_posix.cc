#include <locale.h>
#include <stdlib.h>

#include <cmath>
#include <string>
#include <system_error>

#include "base/double_text.h"

#if __has_include(<xlocale.h>)
#include <xlocale.h>  // macOS has them here
#endif

namespace ruvector::base {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_from(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// Where the number at the start ends; 0 when there is none.
std::size_t end_of_number(std::string_view text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  std::size_t end = digits_from(text, first);
  std::size_t digits = end - first;
  if (end < text.size() && text[end] == '.') {
    const std::size_t fraction = digits_from(text, end + 1);
    digits += fraction - end - 1;
    end = fraction;
  }
  if (digits == 0) return 0;
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    const std::size_t stop = digits_from(text, exponent);
    if (stop > exponent) end = stop;
  }
  return end;
}

// strtod() in the locale "C", whatever that of the thread is.
double double_of(const std::string& text) {
  static const locale_t plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
  const locale_t before = ::uselocale(plain);
  const double value = ::strtod(text.c_str(), nullptr);
  ::uselocale(before);
  return value;
}

// Whether a digit before the exponent is not zero.
bool is_other_than_zero(std::string_view number) {
  return number.substr(0, number.find_first_of("eE")).find_first_of("123456789") !=
         std::string_view::npos;
}

}  // namespace

std::from_chars_result read_double(std::string_view text, double& value) {
  const std::size_t end = end_of_number(text);
  const char* const stop = text.data() + end;
  if (end == 0) return {stop, std::errc::invalid_argument};
  const std::string number(text.substr(0, end));
  const double read = double_of(number);
  if (std::isinf(read) || (read == 0 && is_other_than_zero(number))) {
    return {stop, std::errc::result_out_of_range};
  }
  value = read;
  return {stop, std::errc()};
}

}  // namespace ruvector::base
