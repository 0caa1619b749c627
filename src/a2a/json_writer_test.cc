#include "a2a/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>

namespace ruvector::a2a {
namespace {

TEST(JsonWriter, SeparatesMembersAndElements) {
  JsonWriter json;
  json.begin_object();
  json.key("a").number(std::uint64_t{1});
  json.key("b").begin_array().boolean(true).raw("null").begin_object().end_object().end_array();
  json.key("c").begin_object().key("d").text("e").end_object();
  json.key("f").texts({"g", "h"});
  json.key("i").texts({});
  json.text_key("ü\"").boolean(false);
  json.end_object();
  EXPECT_EQ(std::move(json).take(),
            R"({"a":1,"b":[true,null,{}],"c":{"d":"e"},"f":["g","h"],"i":[],"ü\"":false})");
}

TEST(JsonWriter, EscapesWhatRfc8259DemandsAndNoMore) {
  JsonWriter json;
  json.text(std::string("\"\\\b\t\n\f\r/\x7f\x01\x1f\0\xF0\x9F\x98\x80", 16));
  EXPECT_EQ(std::move(json).take(),
            "\"\\\"\\\\\\b\\t\\n\\f\\r/\x7f\\u0001\\u001f\\u0000\xF0\x9F\x98\x80\"");
}

TEST(JsonWriter, WritesTheWholeRangeOfNumbers) {
  JsonWriter json;
  json.begin_array();
  json.number(std::numeric_limits<std::uint64_t>::max());
  json.number(0.1).number(0.0).number(2.5).number(5e-324);
  json.end_array();
  EXPECT_EQ(std::move(json).take(), "[18446744073709551615,0.1,0,2.5,5e-324]");
  EXPECT_THROW(JsonWriter().number(std::numeric_limits<double>::quiet_NaN()),
               std::invalid_argument);
  EXPECT_THROW(JsonWriter().number(std::numeric_limits<double>::infinity()), std::invalid_argument);
}

TEST(JsonWriter, RefusesTextsThatAreNoUtf8) {
  // RFC 3629: stray and missing continuations, overlong forms, surrogates, above U+10FFFF.
  for (const std::string bad : {"\x80", "a\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                                "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5", "\xE2\x82"}) {
    EXPECT_THROW(JsonWriter().text(bad), std::invalid_argument) << testing::PrintToString(bad);
  }
  for (const std::string good : {"", "\x7F", "\xC2\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                 "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD"}) {
    EXPECT_NO_THROW(JsonWriter().text(good)) << testing::PrintToString(good);
  }
}

TEST(JsonWriter, CompactsTextFromOutsideAndKeepsItsNumbers) {
  JsonWriter json;
  json.begin_object();
  json.object_member("a", "{ \"b\" : [ 1.0 , 1e5 ] }", "metadata").object_member("c", "", "more");
  json.key("d").checked(" 12345678901234567890123 ", "data", false);
  json.end_object();
  EXPECT_EQ(std::move(json).take(), R"({"a":{"b":[1.0,1e5]},"d":12345678901234567890123})");
}

TEST(JsonWriter, RefusesTextFromOutsideThatIsNoJson) {
  for (const char* const bad : {"{", "{} {}", "{\"a\":1,\"a\":2}", "[]", "\"x\"", "nil"}) {
    try {
      JsonWriter().checked(bad, "the metadata", true);
      ADD_FAILURE() << bad;
    } catch (const std::invalid_argument& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("the metadata: ")) << error.what();
    }
  }
}

}  // namespace
}  // namespace ruvector::a2a
