// The body of an answer over any binding.
// Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "a2a/json.h"
#include "net/transport.h"

namespace ruvector::a2a {

// The JSON that an answer consists of, whatever it says. Throws as check_status() does for the
// statuses that say all there is to say, and ProtocolError with status and first bytes for a body
// that is no JSON.
Json parse_answer_body(const net::ResponseHead& head, std::string_view body,
                       std::size_t json_depth);

}  // namespace ruvector::a2a
