#include "a2a/dialects/json_rpc.h"

#include <gtest/gtest.h>

#include <string>

#include "a2a/json.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

std::string result_of(const std::string& body, const std::string& rpc_id, int status = 200) {
  const net::ResponseHead head{.status = status, .headers = {}};
  const Json json = parse_rpc_answer(head, body, 64);
  const JsonFields answer(json, "answer");
  return to_text(rpc_result(answer, rpc_id, ErrorCodes::official, &head).value());
}

std::string error_of(const std::string& body, const std::string& rpc_id, int status = 200) {
  try {
    return "no error but " + result_of(body, rpc_id, status);
  } catch (const ProtocolError& error) {
    return error.what();
  }
}

TEST(JsonRpc, RequestsAreCompactAndEscaped) {
  EXPECT_EQ(rpc_request("tasks/get", R"({"id":"t"})", "a\"b"),
            R"({"jsonrpc":"2.0","id":"a\"b","method":"tasks/get","params":{"id":"t"}})");
}

TEST(JsonRpc, ResultsBelongToTheRequest) {
  EXPECT_EQ(result_of(R"({"jsonrpc":"2.0","id":"r1","result":{"a":1}})", "r1"), R"({"a":1})");
  EXPECT_EQ(result_of(R"({"jsonrpc":"2.0","id":7,"result":{}})", "7"), "{}");
  EXPECT_EQ(result_of(R"({"id":"r1","result":{},"error":null})", "r1"), "{}");
  for (const char* const id : {"\"r2\"", "7", "null", "true", "[\"r1\"]", "{}"}) {
    EXPECT_EQ(error_of(R"({"jsonrpc":"2.0","result":{},"id":)" + std::string(id) + "}", "r1"),
              "answer.id is not that of the request, r1")
        << id;
  }
  EXPECT_EQ(error_of(R"({"jsonrpc":"2.0","result":{}})", "r1"),
            "answer.id is not that of the request, r1");
}

TEST(JsonRpc, ErrorsOfUnreadableRequestsHaveNoId) {
  EXPECT_THROW(result_of(R"({"error":{"code":-32700},"id":null})", "r1"), A2aError);
  EXPECT_THROW(result_of(R"({"error":{"code":-32001}})", "r1"), TaskNotFound);
  EXPECT_THROW(result_of(R"({"error":{"code":-32001},"id":"r1"})", "r1"), TaskNotFound);
  EXPECT_EQ(error_of(R"({"error":{"code":-32001},"id":"r2"})", "r1"),
            "answer.id is not that of the request, r1");
}

TEST(JsonRpc, AnswersHaveEitherAResultOrAnError) {
  EXPECT_EQ(error_of(R"({"id":"r1","result":{},"error":{"code":-32001}})", "r1"),
            "answer.error stands beside result");
  EXPECT_EQ(error_of(R"({"id":"r1"})", "r1"), "answer.result is missing");
  EXPECT_EQ(error_of(R"({"id":"r1","result":[]})", "r1"),
            "answer.result is an array, not an object");
  EXPECT_EQ(error_of(R"({"id":"r1","error":"bad"})", "r1"),
            "answer.error is a string, not an object");
  EXPECT_EQ(error_of(R"({"jsonrpc":"1.0","id":"r1","result":{}})", "r1"),
            "answer.jsonrpc is not 2.0");
}

TEST(JsonRpc, ErrorsMayComeWithAnyStatusAndResultsMayNot) {
  EXPECT_THROW(result_of(R"({"id":"r1","error":{"code":-32001}})", "r1", 500), TaskNotFound);
  EXPECT_EQ(
      error_of(R"({"id":"r1","result":{}})", "r1", 500),
      "a2a: HTTP status 500 with 23 bytes that begin '{\"id\":\"r1\",\"result\":{}}': no answer "
      "of JSON-RPC");
}

TEST(JsonRpc, ErrorsOfAnotherKindAreShownWithTheirStatus) {
  EXPECT_TRUE(error_of(R"({"error":"Not Found"})", "r1", 404)
                  .starts_with("a2a: HTTP status 404 with 21 bytes that begin"));
}

TEST(JsonRpc, BodiesThatAreNoObjectAreRefused) {
  EXPECT_EQ(error_of("[]", "r1"), "answer is an array, not an object");
}

}  // namespace
}  // namespace ruvector::a2a
