#include "a2a/dialects/answer_body.h"

#include <gtest/gtest.h>

#include <string>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

Json parse(int status, const std::string& body, std::size_t json_depth = 64) {
  return parse_answer_body({.status = status, .headers = {}}, body, json_depth);
}

std::string error_of(int status, const std::string& body) {
  try {
    return "no error but " + to_text(parse(status, body));
  } catch (const ProtocolError& error) {
    return error.what();
  }
}

TEST(AnswerBody, IsJsonOfAnyKindWithAlmostAnyStatus) {
  EXPECT_EQ(to_text(parse(200, R"( {"a": 1} )")), R"({"a":1})");
  EXPECT_EQ(to_text(parse(500, "[1]")), "[1]");
}

TEST(AnswerBody, IsNotAskedForWhenTheStatusSaysAll) {
  EXPECT_THROW(parse(401, R"({"result":{}})"), AuthRequired);
  EXPECT_THROW(parse(403, "<html>"), AuthRequired);
  try {
    parse(503, "<html>");
    ADD_FAILURE() << "no error";
  } catch (const A2aError& error) {
    EXPECT_TRUE(error.details().retryable);
  }
}

TEST(AnswerBody, ThatIsNoJsonIsShownWithItsStatus) {
  const std::string message = error_of(502, "<html>\n");
  EXPECT_TRUE(message.starts_with("a2a: HTTP status 502 with 7 bytes that begin '<html>\\x0a': "))
      << message;
  EXPECT_NE(error_of(200, "").find("HTTP status 200 with 0 bytes"), std::string::npos);
  EXPECT_NE(error_of(200, R"({"a":)").find("HTTP status 200 with 5 bytes"), std::string::npos);
}

TEST(AnswerBody, HasALimitedDepth) {
  EXPECT_NO_THROW(parse(200, R"({"a":{"b":1}})", 2));
  EXPECT_THROW(parse(200, R"({"a":{"b":[]}})", 2), ProtocolError);
}

}  // namespace
}  // namespace ruvector::a2a
