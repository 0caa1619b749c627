#include "a2a/json_fields.h"

#include <gtest/gtest.h>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

const Json& sample() {
  static const Json kSample = parse_json(
      R"({"s":"text","e":"","b":true,"n":18446744073709551615,"d":0.25,"z":null,"neg":-1,
          "strings":["a","b"],"mixed":["a",1],"o":{"k":1, "x":{"y":2}},
          "list":[{"id":"1"},{"id":2}],"big":1e999,"over":18446744073709551616})",
      "sample");
  return kSample;
}

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "";
}

TEST(JsonFields, ReadsMembersOfEachType) {
  const JsonFields fields(sample(), "task");
  EXPECT_EQ(fields.required_string("s"), "text");
  EXPECT_EQ(fields.optional_string("e"), "");
  EXPECT_TRUE(fields.optional_bool("b"));
  EXPECT_EQ(fields.required_unsigned("n"), 18446744073709551615U);
  EXPECT_EQ(fields.optional_double("d"), 0.25);
  EXPECT_EQ(fields.optional_double("neg"), -1);
  EXPECT_EQ(fields.optional_strings("strings"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(fields.optional_object_text("o"), R"({"k":1,"x":{"y":2}})");
  EXPECT_EQ(fields.required_object("o").required_object("x").required_unsigned("y"), 2U);
}

TEST(JsonFields, TakesNullForMissing) {
  const JsonFields fields(sample(), "task");
  for (const char* name : {"z", "nowhere"}) {
    EXPECT_FALSE(fields.has(name));
    EXPECT_EQ(fields.optional_string(name), "");
    EXPECT_TRUE(fields.optional_bool(name, true));
    EXPECT_EQ(fields.optional_unsigned(name), std::nullopt);
    EXPECT_EQ(fields.optional_double(name), std::nullopt);
    EXPECT_TRUE(fields.optional_strings(name).empty());
    EXPECT_EQ(fields.optional_object_text(name), "");
    EXPECT_FALSE(fields.optional_object(name).has_value());
    fields.for_each_object(name, [](const JsonFields&) { FAIL() << "there is none"; });
    EXPECT_EQ(error_of([&] { fields.required_string(name); }),
              std::string("task.") + name + " is missing");
  }
}

TEST(JsonFields, NamesTheWayToAMemberOfAnotherType) {
  const JsonFields fields(sample(), "task");
  EXPECT_EQ(error_of([&] { fields.required_string("n"); }), "task.n is a number, not a string");
  EXPECT_EQ(error_of([&] { fields.optional_bool("s"); }), "task.s is a string, not a boolean");
  EXPECT_EQ(error_of([&] { fields.required_unsigned("neg"); }),
            "task.neg is no unsigned 64-bit integer");
  EXPECT_EQ(error_of([&] { fields.optional_unsigned("d"); }),
            "task.d is no unsigned 64-bit integer");
  EXPECT_EQ(error_of([&] { fields.optional_unsigned("over"); }),
            "task.over is no unsigned 64-bit integer");
  EXPECT_EQ(error_of([&] { fields.optional_double("big"); }),
            "task.big is no number that a double can hold");
  EXPECT_EQ(error_of([&] { fields.optional_strings("mixed"); }),
            "task.mixed[1] is a number, not a string");
  EXPECT_EQ(error_of([&] { fields.required_object("o").required_object("x").optional_bool("y"); }),
            "task.o.x.y is a number, not a boolean");
  EXPECT_EQ(error_of([&] { fields.required_object("list"); }),
            "task.list is an array, not an object");
  EXPECT_EQ(error_of([] { JsonFields(Json::of("x"), "task"); }), "task is a string, not an object");
}

TEST(JsonFields, NamesTheElementOfAnArray) {
  const JsonFields fields(sample(), "task");
  std::vector<std::string> ids;
  EXPECT_EQ(error_of([&] {
              fields.for_each_object("list", [&](const JsonFields& item) {
                ids.push_back(item.required_string("id"));
              });
            }),
            "task.list[1].id is a number, not a string");
  EXPECT_EQ(ids, std::vector<std::string>{"1"});
  EXPECT_EQ(error_of([&] { fields.for_each_object("strings", [](const JsonFields&) {}); }),
            "task.strings[0] is a string, not an object");
}

}  // namespace
}  // namespace ruvector::a2a
