// Answers over HTTP+JSON.
// Thread-safe.
#pragma once

#include <string_view>

#include "a2a/json.h"
#include "net/transport.h"

namespace ruvector::a2a {

// The body of an answer that says yes, as JSON. Throws the error that another answer reports;
// ProtocolError for what is no answer.
Json parse_rest_answer(const net::ResponseHead& head, std::string_view body,
                       std::size_t json_depth);

}  // namespace ruvector::a2a
