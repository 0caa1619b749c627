#include "a2a/dialects/error_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "a2a/dialects/rest_answer.h"
#include "a2a/dialects/test_description.h"
#include "a2a/json.h"

namespace ruvector::a2a {
namespace {

net::ResponseHead head_of(int status, net::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers)};
}

std::string rpc_error(int code, ErrorCodes codes) {
  const Json json = parse_json(R"({"message":"m","code":)" + std::to_string(code) + "}", "error");
  try {
    throw_rpc_error(JsonFields(json, "error"), codes, nullptr);
  } catch (...) {
    return describe_error(std::current_exception());
  }
}

std::string rest_error(int status, const std::string& body) {
  try {
    parse_rest_answer(head_of(status), body, 64);
    return "no error";
  } catch (...) {
    return describe_error(std::current_exception());
  }
}

TEST(ErrorReader, ReadsTheSameCodesByDialect) {
  EXPECT_EQ(rpc_error(-32001, ErrorCodes::official), "TaskNotFound -32001");
  EXPECT_EQ(rpc_error(-32002, ErrorCodes::official), "TaskNotCancelable -32002");
  EXPECT_EQ(rpc_error(-32003, ErrorCodes::official), "UnsupportedOperation -32003");
  EXPECT_EQ(rpc_error(-32004, ErrorCodes::official), "UnsupportedOperation -32004");
  EXPECT_EQ(rpc_error(-32005, ErrorCodes::official), "A2aError -32005");
  EXPECT_EQ(rpc_error(-32006, ErrorCodes::official), "A2aError -32006");
  EXPECT_EQ(rpc_error(-32007, ErrorCodes::official), "UnsupportedOperation -32007");
  EXPECT_EQ(rpc_error(-32008, ErrorCodes::official), "A2aError -32008");
  EXPECT_EQ(rpc_error(-32009, ErrorCodes::official), "VersionNotSupported -32009");
  EXPECT_EQ(rpc_error(-32010, ErrorCodes::official), "A2aError -32010");
  EXPECT_EQ(rpc_error(-32603, ErrorCodes::official), "A2aError -32603");

  EXPECT_EQ(rpc_error(-32001, ErrorCodes::rvagent), "AuthRequired -32001");
  EXPECT_EQ(rpc_error(-32002, ErrorCodes::rvagent), "PolicyViolation -32002");
  EXPECT_EQ(rpc_error(-32003, ErrorCodes::rvagent), "BudgetExceeded -32003");
  EXPECT_EQ(rpc_error(-32004, ErrorCodes::rvagent), "RecursionLimit -32004");
  EXPECT_EQ(rpc_error(-32005, ErrorCodes::rvagent), "A2aError -32005");
  EXPECT_EQ(rpc_error(-32010, ErrorCodes::rvagent), "TaskNotFound -32010");
  EXPECT_EQ(rpc_error(-32603, ErrorCodes::rvagent), "A2aError -32603");
}

TEST(ErrorReader, TakesCodesThatAreNoWholeNumbersForNone) {
  for (const char* const code :
       {"-32001.0", "-3.2001e4", "99999999999999999999", "\"-32001\"", "null", "[]"}) {
    const Json json = parse_json(R"({"message":"m","code":)" + std::string(code) + "}", "error");
    try {
      throw_rpc_error(JsonFields(json, "error"), ErrorCodes::official, nullptr);
    } catch (...) {
      EXPECT_EQ(describe_error(std::current_exception()), "A2aError 0") << code;
    }
  }
}

TEST(ErrorReader, ReadsTheReasonsOfHttp) {
  const auto body = [](const std::string& reason) {
    return R"({"error":{"code":400,"message":"m","details":[{"@type":"other"},{"reason":")" +
           reason + "\"}]}}";
  };
  EXPECT_EQ(rest_error(404, body("TASK_NOT_FOUND")), "TaskNotFound -32001");
  EXPECT_EQ(rest_error(400, body("TASK_NOT_CANCELABLE")), "TaskNotCancelable -32002");
  EXPECT_EQ(rest_error(400, body("PUSH_NOTIFICATION_NOT_SUPPORTED")),
            "UnsupportedOperation -32003");
  EXPECT_EQ(rest_error(400, body("VERSION_NOT_SUPPORTED")), "VersionNotSupported -32009");
  EXPECT_EQ(rest_error(400, body("SOMETHING_ELSE")), "A2aError 0");
}

TEST(ErrorReader, KnowsAMissingTaskFromAMissingPath) {
  EXPECT_EQ(rest_error(404, R"({"message":"Task not found"})"), "TaskNotFound -32001");
  EXPECT_EQ(rest_error(404, R"({"message":"Not Found"})"), "A2aError 0");
  EXPECT_EQ(rest_error(404, R"({"detail":"Not Found"})"), "ProtocolError 0");
  EXPECT_EQ(rest_error(404, "Not Found"), "ProtocolError 0");
  EXPECT_EQ(rest_error(404, "[\"Task\"]"), "ProtocolError 0");
  EXPECT_EQ(rest_error(501, R"({"message":"no"})"), "UnsupportedOperation -32004");
}

TEST(ErrorReader, ShowsAnErrorThatIsATextOnly) {
  try {
    parse_rest_answer(head_of(500), R"({"error":"out of order"})", 64);
    FAIL() << "no error";
  } catch (const A2aError& error) {
    EXPECT_STREQ(error.what(), "a2a: the peer reports out of order (HTTP status 500)");
    EXPECT_EQ(error.details().http_status, 500);
  }
}

TEST(ErrorReader, AsksForCredentialsWhateverTheBodyIs) {
  for (const int status : {401, 403}) {
    for (const char* const body : {"", "<html>", R"({"error":"unauthorized"})",
                                   R"({"jsonrpc":"2.0","error":{"code":-32001}})"}) {
      try {
        check_status(head_of(status), body, 64);
        ADD_FAILURE() << status << " " << body;
      } catch (const AuthRequired& error) {
        EXPECT_EQ(error.details().http_status, status);
      }
    }
  }
  EXPECT_NO_THROW(check_status(head_of(200), "", 64));
  EXPECT_NO_THROW(check_status(head_of(404), "", 64));
}

TEST(ErrorReader, SaysWhenABusyPeerMayBeAskedAgain) {
  for (const int status : {429, 503}) {
    try {
      check_status(head_of(status, {{"retry-after", "7"}}), R"({"message":"later"})", 64);
      ADD_FAILURE() << status;
    } catch (const A2aError& error) {
      EXPECT_TRUE(error.details().retryable);
      EXPECT_EQ(error.details().retry_after, "7");
      EXPECT_EQ(error.details().http_status, status);
      EXPECT_NE(std::string(error.what()).find("later"), std::string::npos);
    }
  }
}

TEST(ErrorReader, KeepsMessagesShort) {
  const std::string text(100'000, 'x');
  const Json json = parse_json(R"({"code":-32603,"message":")" + text + "\"}", "error");
  try {
    throw_rpc_error(JsonFields(json, "error"), ErrorCodes::official, nullptr);
  } catch (const A2aError& error) {
    EXPECT_LT(std::string(error.what()).size(), 400U);
    EXPECT_TRUE(std::string(error.what()).ends_with("... (code -32603)"));
  }
}

}  // namespace
}  // namespace ruvector::a2a
