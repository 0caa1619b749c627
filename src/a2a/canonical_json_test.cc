#include "a2a/canonical_json.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdio>
#include <utility>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using Numbers = CanonicalForm::Numbers;

std::string canonical(std::string_view text, const CanonicalForm& form) {
  return canonical_text(parse_json(text, "test"), form);
}

std::string number(std::string_view lexeme, Numbers numbers) {
  return canonical(lexeme, {.numbers = numbers});
}

// RFC 8785, section 3.2.2.
TEST(CanonicalJson, AgreesWithTheSampleOfRfc8785) {
  EXPECT_EQ(canonical(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })",
                      kRfc8785),
            "{\"literals\":[null,true,false],"
            "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

constexpr std::string_view kKeys =
    R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})";

// RFC 8785, section 3.2.3.
TEST(CanonicalJson, SortsKeysByUtf16) {
  EXPECT_EQ(canonical(kKeys, kRfc8785),
            "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,"
            "\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
}

TEST(CanonicalJson, SortsKeysByUtf8) {
  EXPECT_EQ(canonical(kKeys, kRawForm),
            "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,"
            "\"\xef\xac\xb3\":3,\"\xf0\x9f\x98\x80\":5}");
  EXPECT_EQ(canonical(R"({"b":1,"a":{"d":1,"c":2},"":0,"ab":3})", kRawForm),
            R"({"":0,"a":{"c":2,"d":1},"ab":3,"b":1})");
}

// RFC 8785, appendix B.
TEST(CanonicalJson, WritesNumbersAsEcmaScriptDoes) {
  constexpr std::array<std::pair<std::uint64_t, std::string_view>, 24> kSamples = {{
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  }};
  for (const auto& [bits, text] : kSamples) {
    std::array<char, 64> lexeme;
    std::snprintf(lexeme.data(), lexeme.size(), "%.17g", std::bit_cast<double>(bits));
    EXPECT_EQ(number(lexeme.data(), Numbers::ecmascript), text);
  }
}

// serde_json, as section 1.7 of the wire's reference has it.
TEST(CanonicalJson, WritesNumbersAsSerdeDoes) {
  constexpr std::array<std::array<std::string_view, 3>, 14> kSamples = {{
      // lexeme, before and since serde_json wrote the sign
      {"1", "1", "1"},
      {"-7", "-7", "-7"},
      {"18446744073709551615", "18446744073709551615", "18446744073709551615"},
      {"18446744073709551616", "1.8446744073709552e19", "1.8446744073709552e+19"},
      {"-9223372036854775808", "-9223372036854775808", "-9223372036854775808"},
      {"1.0", "1.0", "1.0"},
      {"2.50", "2.5", "2.5"},
      {"-0", "-0.0", "-0.0"},
      {"0.00001", "0.00001", "0.00001"},
      {"0.000001", "1e-6", "1e-6"},
      {"1e15", "1000000000000000.0", "1000000000000000.0"},
      {"1e16", "1e16", "1e+16"},
      {"1.25E21", "1.25e21", "1.25e+21"},
      {"1e-400", "0.0", "0.0"},
  }};
  for (const auto& [lexeme, older, newer] : kSamples) {
    EXPECT_EQ(number(lexeme, Numbers::serde), older);
    EXPECT_EQ(number(lexeme, Numbers::serde_plus), newer);
  }
}

// repr() of CPython 3.11.
TEST(CanonicalJson, WritesNumbersAsPythonDoes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kSamples = {{
      {"1", "1"},
      {"-0", "0"},
      {"123456789012345678901234567890", "123456789012345678901234567890"},
      {"1.0", "1.0"},
      {"-0.0", "-0.0"},
      {"0.0001", "0.0001"},
      {"0.00001", "1e-05"},
      {"1e15", "1000000000000000.0"},
      {"1e16", "1e+16"},
      {"1.50e-7", "1.5e-07"},
      {"1e100", "1e+100"},
      {"123456.789", "123456.789"},
  }};
  for (const auto& [lexeme, text] : kSamples) EXPECT_EQ(number(lexeme, Numbers::python), text);
}

TEST(CanonicalJson, KeepsLexemes) {
  for (const char* lexeme : {"1.0", "1E+2", "-0", "0.10", "1e999"}) {
    EXPECT_EQ(number(lexeme, Numbers::lexeme), lexeme);
  }
}

TEST(CanonicalJson, RefusesNumbersThatNoDoubleHolds) {
  const std::string digits(400, '9');
  for (const std::string& lexeme : {std::string("1e999"), std::string("-1e309"), digits,
                                    digits + "e-10", std::string("1e99999999999999999999")}) {
    EXPECT_THROW(number(lexeme, Numbers::ecmascript), ProtocolError) << lexeme;
    EXPECT_THROW(number(lexeme, Numbers::serde), ProtocolError) << lexeme;
  }
  for (const char* lexeme :
       {"1e-999", "0.0001e-330", "-1e-99999999999999999999", "0e999", "0.0e99999999999999999999"}) {
    EXPECT_EQ(number(lexeme, Numbers::ecmascript), "0") << lexeme;
  }
}

// json.dumps("...") of CPython 3.11.
TEST(CanonicalJson, EscapesWhatIsNotAscii) {
  EXPECT_EQ(canonical(R"({"\u00e9":"\u007f\u0080\u20ac\ud83d\ude00/\u0001\n\"~"})", kPythonForm),
            R"({"\u00e9":"\u007f\u0080\u20ac\ud83d\ude00/\u0001\n\"~"})");
}

}  // namespace
}  // namespace ruvector::a2a
