// The canonical texts of JSON that signatures are made over, one for each way in which signers
// write them. Thread-safe: functions of their arguments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "a2a/json.h"

namespace ruvector::a2a {

struct CanonicalForm {
  enum class Keys : std::uint8_t {
    utf8,   // by bytes, which is also the order of code points
    utf16,  // by UTF-16 code units, as RFC 8785 has it
  };
  enum class Numbers : std::uint8_t {
    lexeme,      // as they came
    ecmascript,  // as RFC 8785 has them: 1.0 is 1
    serde,       // Rust's, whole numbers as they came; large exponents as e16
    serde_plus,  // the same of newer versions: e+16
    python,      // repr() of a float, whole numbers as they came
  };
  Keys keys = Keys::utf16;
  Numbers numbers = Numbers::ecmascript;
  bool ascii = false;  // all else as \uXXXX
};

inline constexpr CanonicalForm kRfc8785{};
// rvAgent's, of cards whose numbers are still as they were signed.
inline constexpr CanonicalForm kRawForm{.keys = CanonicalForm::Keys::utf8,
                                        .numbers = CanonicalForm::Numbers::lexeme};
// json.dumps(..., sort_keys=True) without spaces.
inline constexpr CanonicalForm kPythonForm{
    .keys = CanonicalForm::Keys::utf8, .numbers = CanonicalForm::Numbers::python, .ascii = true};

// `value` in compact form with sorted members. A number that is too large for a double is infinite
// to ECMAScript, serde and Python alike, and throws ProtocolError, but for Numbers::lexeme.
std::string canonical_text(const Json& value, const CanonicalForm& form);

}  // namespace ruvector::a2a
