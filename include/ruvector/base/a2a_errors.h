// The errors of agents and of the network: the branch A2aError of the tree in errors.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "ruvector/base/errors.h"

namespace ruvector {

// What an agent answered, or that it could not be asked. `code` is the peer's, by its own dialect,
// or 0; `data` is JSON text, or empty.
class A2aError : public RuVectorError {
 public:
  struct Details {
    std::int64_t code = 0;
    std::string data{};
    int http_status = 0;        // 0: there was no answer
    bool retryable = false;     // asking again may help, and does no harm
    std::string retry_after{};  // the header's value
  };
  explicit A2aError(const std::string& message) : A2aError(message, Details()) {}
  A2aError(const std::string& message, Details details)
      : RuVectorError(message), details_(std::move(details)) {}
  std::int64_t code() const noexcept { return details_.code; }
  const std::string& data() const noexcept { return details_.data; }
  const Details& details() const noexcept { return details_; }

 private:
  Details details_;
};

// A card whose signature is missing, malformed, wrong or of somebody else.
class CardSignatureInvalid : public A2aError {
 public:
  using A2aError::A2aError;
};

// A task that would break a limit, ours before anything is sent or the peer's. ValueError in
// Python.
class PolicyViolation : public A2aError {
 public:
  // `value` and `limit` are as texts, and empty when the peer does not say.
  PolicyViolation(const std::string& message, std::string field, std::string value,
                  std::string limit, Details details = {});
  const std::string& field() const noexcept { return field_; }
  const std::string& value() const noexcept { return value_; }
  const std::string& limit() const noexcept { return limit_; }

 private:
  std::string field_;
  std::string value_;
  std::string limit_;
};

// A task that goes too deep, or round in a circle.
class RecursionLimit : public PolicyViolation {
 public:
  using PolicyViolation::PolicyViolation;
};

// The rolling budget of a client, or of the peer, is used up. `dimension`: "usd", "tokens",
// "tasks", or empty when the peer does not say.
class BudgetExceeded : public A2aError {
 public:
  BudgetExceeded(const std::string& message, std::string dimension, Details details = {});
  const std::string& dimension() const noexcept { return dimension_; }

 private:
  std::string dimension_;
};

// The peer cannot be reached, or what it sends makes no sense. ConnectionError in Python.
class TransportError : public A2aError {
 public:
  using A2aError::A2aError;
};

// A stream that ended before its task did, and could not be taken up again.
class StreamInterrupted : public TransportError {
 public:
  using TransportError::TransportError;
};

// TimeoutError in Python.
class Timeout : public TransportError {
 public:
  using TransportError::TransportError;
};

// Bytes that are not what the protocol wants.
class ProtocolError : public TransportError {
 public:
  using TransportError::TransportError;
};

// LookupError in Python.
class TaskNotFound : public A2aError {
 public:
  using A2aError::A2aError;
};

class TaskNotCancelable : public A2aError {
 public:
  using A2aError::A2aError;
};

class UnsupportedOperation : public A2aError {
 public:
  using A2aError::A2aError;
};

class VersionNotSupported : public A2aError {
 public:
  using A2aError::A2aError;
};

// The peer wants credentials, or others. PermissionError in Python.
class AuthRequired : public A2aError {
 public:
  using A2aError::A2aError;
};

}  // namespace ruvector
