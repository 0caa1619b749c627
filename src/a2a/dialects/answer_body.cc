#include "a2a/dialects/answer_body.h"

#include "a2a/dialects/error_reader.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

Json parse_answer_body(const net::ResponseHead& head, std::string_view body,
                       std::size_t json_depth) {
  check_status(head, body, json_depth);
  JsonLimits limits;
  limits.depth = json_depth;
  try {
    return parse_json(body, "answer", limits);
  } catch (const ProtocolError& error) {
    throw_no_answer(head, body, error.what());
  }
}

}  // namespace ruvector::a2a
