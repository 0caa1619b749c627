#include "a2a/dialects/rest_answer.h"

#include "a2a/dialects/answer_body.h"
#include "a2a/dialects/error_reader.h"
#include "a2a/json_fields.h"

namespace ruvector::a2a {

Json parse_rest_answer(const net::ResponseHead& head, std::string_view body,
                       std::size_t json_depth) {
  Json json = parse_answer_body(head, body, json_depth);
  if (!json.is(Json::Kind::object)) throw_no_answer(head, body, "no JSON object");
  const bool is_good = head.status >= 200 && head.status < 300;
  if (is_good) return json;
  const bool is_error = json.find("error") != nullptr || json.find("message") != nullptr;
  if (!is_error) throw_no_answer(head, body, "no error of A2A");
  throw_rest_error(JsonFields(json, "answer"), &head);
}

}  // namespace ruvector::a2a
