// The envelope of JSON-RPC 2.0.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "a2a/dialects/error_reader.h"
#include "a2a/json_fields.h"
#include "net/transport.h"

namespace ruvector::a2a {

// `params` is a JSON object's text.
std::string rpc_request(std::string_view method, std::string_view params, std::string_view rpc_id);

// The object `result` of an answer to the request `rpc_id`. Throws the error that it reports;
// ProtocolError when it is no such answer. It lives as long as `answer`.
JsonFields rpc_result(const JsonFields& answer, std::string_view rpc_id, ErrorCodes codes,
                      const net::ResponseHead* head);

// The body of an answer, whatever its status, as JSON that may be of JSON-RPC. Throws for statuses
// and bodies that are no answer of that kind.
Json parse_rpc_answer(const net::ResponseHead& head, std::string_view body, std::size_t json_depth);

}  // namespace ruvector::a2a
