#include "a2a/json.h"

#include <gtest/gtest.h>

namespace ruvector::a2a {
namespace {

TEST(Json, FindsAMemberByName) {
  const Json object = Json::of(std::vector<Json::Member>{{"a", Json::of(true)}, {"b", Json()}});
  ASSERT_NE(object.find("a"), nullptr);
  EXPECT_TRUE(object.find("a")->boolean);
  EXPECT_TRUE(object.find("b")->is(Json::Kind::null));
  EXPECT_EQ(object.find("c"), nullptr);
  EXPECT_EQ(Json::of("text").find("a"), nullptr);
}

TEST(Json, TextIsCompactAndKeepsTheOrderOfMembers) {
  const Json value = Json::of(std::vector<Json::Member>{
      {"z", Json::of(std::vector<Json>{Json::of(true), Json::of(false), Json()})},
      {"a", Json::of(std::uint64_t{18446744073709551615U})},
      {"m", Json::of(std::vector<Json::Member>{})},
      {"e", Json::of(std::vector<Json>{})},
  });
  EXPECT_EQ(to_text(value), R"({"z":[true,false,null],"a":18446744073709551615,"m":{},"e":[]})");
}

TEST(Json, EscapesOnlyWhatJsonDemands) {
  EXPECT_EQ(to_text(Json::of("\"\\\b\t\n\f\r\x01\x1f/\x7f\xc3\xa9\xe2\x80\xa8")),
            "\"\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001f/\x7f\xc3\xa9\xe2\x80\xa8\"");
  EXPECT_EQ(to_text(Json::of(std::string_view("a\0b", 3))), "\"a\\u0000b\"");
}

}  // namespace
}  // namespace ruvector::a2a
