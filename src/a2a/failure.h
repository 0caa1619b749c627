// What a request that came to nothing is to the caller. Thread-safe: a function of its arguments.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "net/transport.h"

namespace ruvector::a2a {

// A Timeout, ProtocolError, Cancelled or TransportError; `what` begins its message.
std::exception_ptr to_error(const net::Failure& failure, std::string_view what);

// Whether `error` says that there was no answer, or none that makes sense.
bool is_transport_error(const std::exception_ptr& error) noexcept;
// Whether the peer does not know the task.
bool is_task_not_found(const std::exception_ptr& error) noexcept;
bool is_auth_required(const std::exception_ptr& error) noexcept;
// The message of `error`.
std::string text_of(const std::exception_ptr& error);

}  // namespace ruvector::a2a
