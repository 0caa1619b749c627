#include "a2a/canonical_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/double_text.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using Keys = CanonicalForm::Keys;
using Numbers = CanonicalForm::Numbers;

// --- order of keys

// UTF-16 sorts like code points but for the surrogates of those from U+10000 on, which come before
// U+E000 to U+FFFF. In UTF-8 these begin with bytes from 0xF0 on, and with 0xEE and 0xEF.
unsigned utf16_rank(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  if (value >= 0xF0) return value - 2U;
  return value >= 0xEE ? value + 0x10U : value;
}

bool comes_first(std::string_view a, std::string_view b, Keys keys) {
  if (keys == Keys::utf8) return a < b;
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return utf16_rank(x) < utf16_rank(y); });
}

// --- numbers

// The shortest digits that name a double again, and where the point stands: 0.d1d2... x 10^point.
struct Decimal {
  bool negative = false;
  std::string digits;  // no zero in front or at the end, but "0" itself
  int point = 0;
};

Decimal decimal_of(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  Decimal decimal;
  decimal.negative = text.front() == '-';
  for (const char character : text.substr(0, e)) {
    if (character >= '0' && character <= '9') decimal.digits += character;
  }
  int exponent = 0;
  const char* first = text.data() + e + 1;
  if (*first == '+') ++first;
  std::from_chars(first, text.data() + text.size(), exponent);
  decimal.point = value == 0 ? 1 : exponent + 1;
  return decimal;
}

// "12.5", "0.00125", "12500" and, when `with_fraction`, "12500.0".
std::string positional(const Decimal& decimal, bool with_fraction) {
  const int count = static_cast<int>(decimal.digits.size());
  if (decimal.point <= 0) {
    return "0." + std::string(static_cast<std::size_t>(-decimal.point), '0') + decimal.digits;
  }
  if (decimal.point >= count) {
    return decimal.digits + std::string(static_cast<std::size_t>(decimal.point - count), '0') +
           (with_fraction ? ".0" : "");
  }
  const auto whole = static_cast<std::size_t>(decimal.point);
  return decimal.digits.substr(0, whole) + '.' + decimal.digits.substr(whole);
}

// "1.25e21": `plus` is what stands before a positive exponent, `width` the digits it has at least.
std::string scientific(const Decimal& decimal, std::string_view plus, std::size_t width) {
  const int exponent = decimal.point - 1;
  std::string text = decimal.digits.substr(0, 1);
  if (decimal.digits.size() > 1) text += '.' + decimal.digits.substr(1);
  std::string digits = std::to_string(exponent < 0 ? -exponent : exponent);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return text + 'e' + (exponent < 0 ? std::string("-") : std::string(plus)) + digits;
}

bool is_whole(std::string_view lexeme) {
  return lexeme.find_first_of(".eE") == std::string_view::npos;
}

// Whether a number that no double can hold is one that is too small.
bool is_tiny(std::string_view lexeme) {
  const std::size_t e = std::min(lexeme.find_first_of("eE"), lexeme.size());
  const std::string_view digits = lexeme.substr(0, e);
  const std::size_t leading = digits.find_first_of("123456789");
  if (leading == std::string_view::npos) return true;
  std::int64_t exponent = 0;
  if (e < lexeme.size()) {
    const char* const first = lexeme.data() + e + (lexeme[e + 1] == '+' ? 2 : 1);
    const auto result = std::from_chars(first, lexeme.data() + lexeme.size(), exponent);
    if (result.ec != std::errc()) return lexeme[e + 1] == '-';
  }
  const std::size_t point = std::min(digits.find('.'), digits.size());
  // Neither place is near the limits of the type, but the exponent may be.
  const auto places = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(leading);
  return exponent < 0 && exponent < -places;
}

double double_of(const std::string& lexeme) {
  constexpr std::size_t kShown = 40;
  const char* const end = lexeme.data() + lexeme.size();
  double value = 0;
  const auto result = base::read_double(lexeme, value);
  if (result.ec == std::errc() && result.ptr == end) return value;
  if (!is_tiny(lexeme)) {
    throw ProtocolError("canonical JSON: the number " + lexeme.substr(0, kShown) +
                        " is too large for a double");
  }
  return lexeme.front() == '-' ? -0.0 : 0.0;
}

std::string ecmascript_text(double value) {
  if (value == 0) return "0";
  const Decimal decimal = decimal_of(value);
  const bool is_plain = decimal.point > -6 && decimal.point <= 21;
  return (decimal.negative ? "-" : "") +
         (is_plain ? positional(decimal, false) : scientific(decimal, "+", 1));
}

// A float of serde or Python: they differ in where the exponent begins and how it is written.
std::string float_text(double value, int smallest_point, std::string_view plus, std::size_t width) {
  const Decimal decimal = decimal_of(value);
  const bool is_plain = decimal.point >= smallest_point && decimal.point <= 16;
  return (decimal.negative ? "-" : "") +
         (is_plain ? positional(decimal, true) : scientific(decimal, plus, width));
}

// Whole numbers that fit 64 bits are integers to serde, others are floats.
bool is_serde_integer(const std::string& lexeme) {
  if (!is_whole(lexeme) || lexeme == "-0") return false;
  const char* const end = lexeme.data() + lexeme.size();
  std::uint64_t positive = 0;
  std::int64_t negative = 0;
  const auto result = lexeme.front() == '-' ? std::from_chars(lexeme.data(), end, negative)
                                            : std::from_chars(lexeme.data(), end, positive);
  return result.ec == std::errc() && result.ptr == end;
}

std::string number_text(const std::string& lexeme, Numbers numbers) {
  constexpr int kSerdeSmallestPoint = -4;   // 1e-5 is 0.00001
  constexpr int kPythonSmallestPoint = -3;  // 1e-5 is 1e-05
  switch (numbers) {
    case Numbers::lexeme:
      return lexeme;
    case Numbers::ecmascript:
      return ecmascript_text(double_of(lexeme));
    case Numbers::serde:
      if (is_serde_integer(lexeme)) return lexeme;
      return float_text(double_of(lexeme), kSerdeSmallestPoint, "", 1);
    case Numbers::serde_plus:
      if (is_serde_integer(lexeme)) return lexeme;
      return float_text(double_of(lexeme), kSerdeSmallestPoint, "+", 1);
    case Numbers::python:
      if (lexeme == "-0") return "0";
      if (is_whole(lexeme)) return lexeme;
      return float_text(double_of(lexeme), kPythonSmallestPoint, "+", 2);
  }
  return lexeme;
}

// --- texts

void append_code_unit(std::string& out, unsigned unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[unit >> shift & 15];
}

// `quoted` has no more escapes than it must; the rest of it becomes ASCII.
std::string to_ascii(std::string_view quoted) {
  std::string out;
  for (std::size_t i = 0; i < quoted.size();) {
    const auto lead = static_cast<unsigned char>(quoted[i]);
    const unsigned length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const bool is_printable = lead < 0x7F;
    if (is_printable || i + length > quoted.size()) {
      out += quoted[i++];
      continue;
    }
    unsigned code_point = length == 1 ? lead : lead & (0x7FU >> length);
    for (unsigned k = 1; k < length; ++k) {
      code_point = code_point << 6 | (static_cast<unsigned char>(quoted[i + k]) & 0x3FU);
    }
    i += length;
    if (code_point < 0x10000) {
      append_code_unit(out, code_point);
    } else {
      append_code_unit(out, 0xD800 + ((code_point - 0x10000) >> 10));
      append_code_unit(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
    }
  }
  return out;
}

class Writer {
 public:
  explicit Writer(const CanonicalForm& form) : form_(form) {}

  void write(const Json& value) {
    switch (value.kind) {
      case Json::Kind::null:
        out_ += "null";
        return;
      case Json::Kind::boolean:
        out_ += value.boolean ? "true" : "false";
        return;
      case Json::Kind::number:
        out_ += number_text(value.text, form_.numbers);
        return;
      case Json::Kind::string:
        write_text(value.text);
        return;
      case Json::Kind::array:
        write_items(value.items);
        return;
      case Json::Kind::object:
        write_members(value.members);
        return;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void write_text(std::string_view text) {
    if (!form_.ascii) {
      append_quoted(out_, text);
      return;
    }
    std::string quoted;
    append_quoted(quoted, text);
    out_ += to_ascii(quoted);
  }

  void write_items(const std::vector<Json>& items) {
    out_ += '[';
    for (const Json& item : items) {
      if (&item != items.data()) out_ += ',';
      write(item);
    }
    out_ += ']';
  }

  void write_members(const std::vector<Json::Member>& members) {
    std::vector<const Json::Member*> sorted;
    sorted.reserve(members.size());
    for (const Json::Member& member : members) sorted.push_back(&member);
    std::sort(sorted.begin(), sorted.end(), [&](const Json::Member* a, const Json::Member* b) {
      return comes_first(a->first, b->first, form_.keys);
    });
    out_ += '{';
    for (const Json::Member* member : sorted) {
      if (member != sorted.front()) out_ += ',';
      write_text(member->first);
      out_ += ':';
      write(member->second);
    }
    out_ += '}';
  }

  const CanonicalForm& form_;
  std::string out_;
};

}  // namespace

std::string canonical_text(const Json& value, const CanonicalForm& form) {
  Writer writer(form);
  writer.write(value);
  return writer.take();
}

}  // namespace ruvector::a2a
