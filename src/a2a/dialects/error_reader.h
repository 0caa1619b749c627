// What a peer reports, as an error of ruvector/base/a2a_errors.h.
// Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "a2a/json_fields.h"
#include "net/transport.h"

namespace ruvector::a2a {

// The same numbers mean other things on rvAgent than officially.
enum class ErrorCodes : std::uint8_t { rvagent, official };

// Throws what the member `error` of a JSON-RPC answer says. `head` is null for an event of a
// stream.
[[noreturn]] void throw_rpc_error(const JsonFields& error, ErrorCodes codes,
                                  const net::ResponseHead* head);

// Throws what an object `{"error": {code, status, message, details}}`, `{"code", "message"}` or
// `{"message"}` says, the three forms of errors over HTTP+JSON.
[[noreturn]] void throw_rest_error(const JsonFields& answer, const net::ResponseHead* head);

// Throws for the statuses that say all there is to say: 401, 403, 429, 503. Others return.
void check_status(const net::ResponseHead& head, std::string_view body, std::size_t json_depth);

// Throws ProtocolError with the status and the first bytes of the body.
[[noreturn]] void throw_no_answer(const net::ResponseHead& head, std::string_view body,
                                  std::string_view reason);

}  // namespace ruvector::a2a
