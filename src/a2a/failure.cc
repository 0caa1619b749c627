#include "a2a/failure.h"

#include <string>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

namespace {

using Kind = net::Failure::Kind;

// Whether asking again later may help, and was not done already by somebody else.
bool is_passing(const net::Failure& failure) {
  switch (failure.kind) {
    case Kind::resolve:
    case Kind::connect:
    case Kind::broken:
    case Kind::timeout:
    case Kind::idle_timeout:
      return !failure.request_was_sent;
    default:
      return false;
  }
}

template <class Error>
bool is(const std::exception_ptr& error) noexcept {
  if (error == nullptr) return false;
  try {
    std::rethrow_exception(error);
  } catch (const Error&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

std::exception_ptr to_error(const net::Failure& failure, std::string_view what) {
  const std::string message = std::string(what) + ": " + failure.message;
  const A2aError::Details details{.retryable = is_passing(failure)};
  switch (failure.kind) {
    case Kind::timeout:
    case Kind::idle_timeout:
      return std::make_exception_ptr(Timeout(message, details));
    case Kind::too_large:
    case Kind::protocol:
      return std::make_exception_ptr(ProtocolError(message, details));
    case Kind::cancelled:
      return std::make_exception_ptr(Cancelled(message));
    default:
      return std::make_exception_ptr(TransportError(message, details));
  }
}

bool is_transport_error(const std::exception_ptr& error) noexcept {
  return is<TransportError>(error);
}

bool is_task_not_found(const std::exception_ptr& error) noexcept { return is<TaskNotFound>(error); }

bool is_auth_required(const std::exception_ptr& error) noexcept { return is<AuthRequired>(error); }

std::string text_of(const std::exception_ptr& error) {
  if (error == nullptr) return "no error";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an unknown error";
  }
}

}  // namespace ruvector::a2a
