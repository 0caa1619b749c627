// Reads arbitrary bytes as JSON. What is read must survive being written and read again, and have
// canonical forms that are canonical already.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "a2a/canonical_json.h"
#include "a2a/json.h"
#include "ruvector/base/a2a_errors.h"

namespace {

using ruvector::a2a::canonical_text;
using ruvector::a2a::CanonicalForm;
using ruvector::a2a::Json;
using ruvector::a2a::parse_json;
using ruvector::a2a::to_text;

void require(bool condition) {
  if (!condition) std::abort();
}

void use(const Json& value) {
  const std::string text = to_text(value);
  require(parse_json(text, "again") == value);

  for (const CanonicalForm::Numbers numbers :
       {CanonicalForm::Numbers::lexeme, CanonicalForm::Numbers::ecmascript,
        CanonicalForm::Numbers::serde, CanonicalForm::Numbers::serde_plus,
        CanonicalForm::Numbers::python}) {
    for (const CanonicalForm::Keys keys : {CanonicalForm::Keys::utf8, CanonicalForm::Keys::utf16}) {
      for (const bool ascii : {false, true}) {
        const CanonicalForm form{.keys = keys, .numbers = numbers, .ascii = ascii};
        std::string canonical;
        try {
          canonical = canonical_text(value, form);
        } catch (const ruvector::ProtocolError&) {
          require(numbers != CanonicalForm::Numbers::lexeme);  // no double holds it
          continue;
        }
        require(canonical_text(parse_json(canonical, "canonical"), form) == canonical);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    use(parse_json({reinterpret_cast<const char*>(data), size}, "fuzz",
                   {.bytes = 1U << 20, .depth = 64, .values = 1U << 16}));
  } catch (const ruvector::ProtocolError&) {
    return 0;
  }
  return 0;
}
