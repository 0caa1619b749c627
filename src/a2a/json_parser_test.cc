#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "a2a/json.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using testing::HasSubstr;

std::string again(std::string_view text) { return to_text(parse_json(text, "test")); }

std::string error_of(std::string_view text, const JsonLimits& limits = {}) {
  try {
    parse_json(text, "test", limits);
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

// `members` of them, and one more called like the first.
std::string with_a_repetition(int members) {
  std::string text = "{";
  for (int i = 0; i < members; ++i) text += "\"name" + std::to_string(i) + "\":1,";
  return text + "\"name0\":1}";
}

TEST(JsonParser, KeepsOrderAndNumbersAsTheyAreWritten) {
  constexpr std::string_view kText =
      R"({"z":-0,"a":1.0,"n":1e16,"m":1E+16,"b":123456789012345678901234567890,"f":[0.10,-1.5e-7]})";
  EXPECT_EQ(again(kText), kText);
}

TEST(JsonParser, ReadsEveryKindOfValue) {
  const Json value =
      parse_json(" { \"a\" : [ null , true , false , \"x\" , 1 , { } , [ ] ] }\r\n\t", "test");
  ASSERT_NE(value.find("a"), nullptr);
  const std::vector<Json>& items = value.find("a")->items;
  ASSERT_EQ(items.size(), 7U);
  EXPECT_TRUE(items[0].is(Json::Kind::null));
  EXPECT_TRUE(items[1].boolean);
  EXPECT_TRUE(items[2].is(Json::Kind::boolean));
  EXPECT_FALSE(items[2].boolean);
  EXPECT_EQ(items[3], Json::of("x"));
  EXPECT_EQ(items[4], Json::of(std::uint64_t{1}));
  EXPECT_TRUE(items[5].is(Json::Kind::object));
  EXPECT_TRUE(items[6].is(Json::Kind::array));
}

TEST(JsonParser, DecodesEscapes) {
  EXPECT_EQ(parse_json(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00\u0000")", "test").text,
            std::string_view("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\0", 19));
}

TEST(JsonParser, RefusesWhatIsNoJson) {
  for (const char* text : {"",           " ",           "{",         "[",
                           "\"",         "{\"a\"",      "{\"a\":",   "{\"a\":1",
                           "[1",         "[1,",         "[1,]",      "{,}",
                           "{\"a\":1,}", "{a:1}",       "{\"a\" 1}", "[1 2]",
                           "tru",        "truE",        "nul",       "falsey",
                           "True",       "NaN",         "Infinity",  "-",
                           "+1",         "01",          "-01",       "1.",
                           ".5",         "1e",          "1e+",       "0x10",
                           "1 2",        "{} {}",       "'a'",       "\"\\x\"",
                           "\"\\u12\"",  "\"\\u12g4\"", "\"\\",      "\"a\nb\"",
                           "\"\t\"",     "// c\n1",     "[1]/**/",   "\xef\xbb\xbf{}"}) {
    EXPECT_THAT(error_of(text), HasSubstr("test: ")) << text;
  }
  EXPECT_NE(error_of(std::string_view("\"a\0b\"", 5)), "");
  EXPECT_NE(error_of(std::string_view("1\0", 2)), "");
}

TEST(JsonParser, SaysWhereTheErrorIs) {
  EXPECT_EQ(error_of(R"({"a":1,"b" 2})"), "test: no ':' after a member name at byte 11");
}

TEST(JsonParser, RefusesHalfASurrogatePair) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")", R"("\ud800x")",
                           R"("\ud800\n")", R"("\udc00\ud800")", R"("\ud83d\u0041")"}) {
    EXPECT_THAT(error_of(text), HasSubstr("surrogate")) << text;
  }
}

TEST(JsonParser, RefusesWhatIsNoUtf8) {
  for (const char* bytes : {"\x80", "\xff", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80",
                            "\xed\xa0\x80", "\xe2\x82", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80", "\xf0\x9f\x98", "\xe2\x28\xa1"}) {
    EXPECT_THAT(error_of("\"padding " + std::string(bytes) + "\""), HasSubstr("UTF-8"));
  }
  EXPECT_EQ(again("\"\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf\""),
            "\"\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf\"");
}

// Strings are read eight bytes at a time: an odd one is found wherever it stands.
TEST(JsonParser, FindsAnOddByteAtEveryPlaceOfAString) {
  for (std::size_t length = 1; length <= 24; ++length) {
    for (std::size_t place = 0; place < length; ++place) {
      std::string text(length, 'a');
      text[place] = '\x1f';
      EXPECT_THAT(error_of('"' + text + '"'), HasSubstr("control character"));
      text[place] = '\x80';
      EXPECT_THAT(error_of('"' + text + '"'), HasSubstr("UTF-8"));
      text[place] = '"';
      const std::string tail = text.substr(place + 1);
      EXPECT_NE(error_of('"' + text + '"'), "") << tail;
      std::string escaped = text;
      escaped.replace(place, 1, "\\n");
      text[place] = '\n';
      EXPECT_EQ(parse_json('"' + escaped + '"', "test").text, text);
    }
  }
}

TEST(JsonParser, RefusesAMemberThatIsThereTwice) {
  EXPECT_THAT(error_of(R"({"a":1,"b":{"c":1,"\u0063":2}})"), HasSubstr("\"c\" is there twice"));
  EXPECT_EQ(error_of(R"({"a":{"a":1},"b":{"a":1}})"), "");
  for (const int members : {1, 31, 32, 33, 34, 1000}) {
    EXPECT_THAT(error_of(with_a_repetition(members)), HasSubstr("\"name0\" is there twice"));
  }
}

TEST(JsonParser, RefusesWhatIsAboveALimit) {
  EXPECT_EQ(error_of(nested(64)), "");
  EXPECT_THAT(error_of(nested(65)), HasSubstr("more levels than the limit of 64"));
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("levels"));
  EXPECT_EQ(error_of("[1]", {.bytes = 3}), "");
  EXPECT_EQ(error_of("[1]", {.bytes = 2}), "test: 3 bytes are above the limit of 2");
  EXPECT_EQ(error_of("[1,2]", {.values = 3}), "");
  EXPECT_THAT(error_of("[1,2,3]", {.values = 3}), HasSubstr("more values than the limit of 3"));
  EXPECT_EQ(error_of(nested(kMaxJsonDepth), {.depth = kMaxJsonDepth}), "");
  EXPECT_THROW(parse_json("1", "test", {.depth = kMaxJsonDepth + 1}), std::invalid_argument);
}

// --- against nlohmann's parser

// Nothing for numbers that no double can hold, which are JSON all the same.
std::optional<bool> second_opinion(std::string_view text) {
  try {
    return !nlohmann::json::parse(text).is_discarded();
  } catch (const nlohmann::json::parse_error&) {
    return false;
  } catch (const nlohmann::json::out_of_range&) {
    return std::nullopt;
  }
}

TEST(JsonParser, AgreesWithASecondParserOnDamagedTexts) {
  constexpr std::string_view kSeed =
      R"({"jsonrpc":"2.0","id":"7","result":{"kind":"status-update","final":false,"n":[-1.5e+3,0]},)"
      R"("s":"é\u00e9\n\ud83d\ude00","t":[true,null,{}]})";
  constexpr std::string_view kAlphabet = "{}[]\",:\\u0e-+.19tfn aé\n\x80\xed";
  std::mt19937 random(7);
  int accepted = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string text(kSeed);
    for (unsigned edits = 1 + random() % 2; edits > 0; --edits) {
      text[random() % text.size()] = kAlphabet[random() % kAlphabet.size()];
    }
    const std::string error = error_of(text);
    if (error.find("twice") != std::string::npos) continue;  // which the other one permits
    const std::optional<bool> expected = second_opinion(text);
    if (!expected.has_value()) continue;
    ASSERT_EQ(error.empty(), *expected) << text << '\n' << error;
    if (!error.empty()) continue;
    ++accepted;
    ASSERT_EQ(nlohmann::json::parse(again(text)), nlohmann::json::parse(text)) << text;
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace ruvector::a2a
