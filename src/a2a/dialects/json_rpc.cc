#include "a2a/dialects/json_rpc.h"

#include "a2a/dialects/answer_body.h"
#include "a2a/json_writer.h"

namespace ruvector::a2a {
namespace {

constexpr std::string_view kVersion = "2.0";

void check_id(const JsonFields& answer, std::string_view rpc_id) {
  const Json* const id = answer.find("id");
  const bool is_plain = id != nullptr && (id->is(Json::Kind::string) || id->is(Json::Kind::number));
  if (!is_plain || id->text != rpc_id) {
    answer.fail("id", "is not that of the request, " + std::string(rpc_id));
  }
}

}  // namespace

std::string rpc_request(std::string_view method, std::string_view params, std::string_view rpc_id) {
  JsonWriter json;
  json.begin_object();
  json.key("jsonrpc").text(kVersion);
  json.key("id").text(rpc_id);
  json.key("method").text(method);
  json.key("params").raw(params);
  json.end_object();
  return std::move(json).take();
}

JsonFields rpc_result(const JsonFields& answer, std::string_view rpc_id, ErrorCodes codes,
                      const net::ResponseHead* head) {
  if (answer.has("jsonrpc") && answer.required_string("jsonrpc") != kVersion) {
    answer.fail("jsonrpc", "is not 2.0");
  }
  const bool has_error = answer.has("error");
  if (has_error && answer.has("result")) answer.fail("error", "stands beside result");
  // A peer that could not read the request does not know its id.
  if (!has_error || answer.has("id")) check_id(answer, rpc_id);
  if (has_error) throw_rpc_error(answer.required_object("error"), codes, head);
  return answer.required_object("result");
}

Json parse_rpc_answer(const net::ResponseHead& head, std::string_view body,
                      std::size_t json_depth) {
  Json json = parse_answer_body(head, body, json_depth);
  // An error of JSON-RPC may come with any status, a result may not.
  const bool is_good = head.status >= 200 && head.status < 300;
  const Json* const error = json.find("error");
  if (!is_good && (error == nullptr || !error->is(Json::Kind::object))) {
    throw_no_answer(head, body, "no answer of JSON-RPC");
  }
  return json;
}

}  // namespace ruvector::a2a
