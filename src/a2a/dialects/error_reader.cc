#include "a2a/dialects/error_reader.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

#include "a2a/dialects/peer_text.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using Details = A2aError::Details;

constexpr std::int64_t kTaskNotFound = -32001;
constexpr std::int64_t kTaskNotCancelable = -32002;
constexpr std::int64_t kPushNotSupported = -32003;
constexpr std::int64_t kUnsupportedOperation = -32004;
constexpr std::int64_t kCardNotConfigured = -32007;
constexpr std::int64_t kVersionNotSupported = -32009;

constexpr std::int64_t kRvagentAuth = -32001;
constexpr std::int64_t kRvagentPolicy = -32002;
constexpr std::int64_t kRvagentBudget = -32003;
constexpr std::int64_t kRvagentRecursion = -32004;
constexpr std::int64_t kRvagentCardSignature = -32006;
constexpr std::int64_t kRvagentNotFound = -32010;

constexpr int kOk = 200;

// The official codes by the words that stand for them over HTTP+JSON.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 9> kReasons = {{
    {"TASK_NOT_FOUND", kTaskNotFound},
    {"TASK_NOT_CANCELABLE", kTaskNotCancelable},
    {"PUSH_NOTIFICATION_NOT_SUPPORTED", kPushNotSupported},
    {"UNSUPPORTED_OPERATION", kUnsupportedOperation},
    {"CONTENT_TYPE_NOT_SUPPORTED", -32005},
    {"INVALID_AGENT_RESPONSE", -32006},
    {"EXTENDED_AGENT_CARD_NOT_CONFIGURED", kCardNotConfigured},
    {"EXTENSION_SUPPORT_REQUIRED", -32008},
    {"VERSION_NOT_SUPPORTED", kVersionNotSupported},
}};

Details details_of(const net::ResponseHead* head) {
  Details details;
  details.http_status = head != nullptr ? head->status : kOk;
  if (head != nullptr) details.retry_after = std::string(head->header("retry-after"));
  return details;
}

// The member `code` when it is a whole number; 0 otherwise. Peers write it as they like.
std::int64_t code_of(const JsonFields& error) {
  const Json* const code = error.find("code");
  if (code == nullptr || !code->is(Json::Kind::number)) return 0;
  std::int64_t value = 0;
  const char* const end = code->text.data() + code->text.size();
  const auto [rest, failure] = std::from_chars(code->text.data(), end, value);
  return failure == std::errc() && rest == end ? value : 0;
}

std::string text_or_empty(const JsonFields& fields, std::string_view name) {
  const Json* const value = fields.find(name);
  return value != nullptr && value->is(Json::Kind::string) ? value->text : std::string();
}

std::string json_or_empty(const JsonFields& fields, std::string_view name) {
  const Json* const value = fields.find(name);
  return value != nullptr ? to_text(*value) : std::string();
}

std::string message_of(std::string_view text, const Details& details) {
  std::string message = "a2a: the peer reports ";
  message += text.empty() ? "an error without a message" : shortened(text);
  if (details.code != 0) message += " (code " + std::to_string(details.code) + ")";
  if (details.http_status != kOk) {
    message += " (HTTP status " + std::to_string(details.http_status) + ")";
  }
  return message;
}

[[noreturn]] void throw_official(std::string_view text, Details details) {
  const std::string message = message_of(text, details);
  switch (details.code) {
    case kTaskNotFound:
      throw TaskNotFound(message, std::move(details));
    case kTaskNotCancelable:
      throw TaskNotCancelable(message, std::move(details));
    case kPushNotSupported:
    case kUnsupportedOperation:
    case kCardNotConfigured:
      throw UnsupportedOperation(message, std::move(details));
    case kVersionNotSupported:
      throw VersionNotSupported(message, std::move(details));
    default:
      throw A2aError(message, std::move(details));
  }
}

// rvAgent names the dimension in the text only: "budget exceeded on dim tasks: ...".
std::string budget_dimension(std::string_view text) {
  constexpr std::string_view kMark = "on dim ";
  const std::size_t mark = text.find(kMark);
  if (mark == std::string_view::npos) return {};
  for (const std::string_view dimension : {"usd", "tokens", "tasks"}) {
    if (text.substr(mark + kMark.size()).starts_with(dimension)) return std::string(dimension);
  }
  return {};
}

// The agents that the task went through, as the member `path` of the error's data has them.
std::string recursion_path(const JsonFields& error) {
  std::string path;
  const Json* const data = error.find("data");
  const Json* const agents = data != nullptr ? data->find("path") : nullptr;
  if (agents == nullptr) return path;
  for (const Json& agent : agents->items) {
    if (!path.empty()) path += " > ";
    path += agent.text;
  }
  return path;
}

[[noreturn]] void throw_rvagent(const JsonFields& error, std::string_view text, Details details) {
  const std::string message = message_of(text, details);
  switch (details.code) {
    case kRvagentAuth:
      throw AuthRequired(message, std::move(details));
    case kRvagentPolicy:
      throw PolicyViolation(message, "", "", "", std::move(details));
    case kRvagentBudget:
      throw BudgetExceeded(message, budget_dimension(text), std::move(details));
    case kRvagentRecursion:
      throw RecursionLimit(message, "context", recursion_path(error), "", std::move(details));
    case kRvagentCardSignature:
      throw CardSignatureInvalid(message, std::move(details));
    case kRvagentNotFound:
      throw TaskNotFound(message, std::move(details));
    default:
      throw A2aError(message, std::move(details));
  }
}

// The official code of the first reason in `details`; 0 without one.
std::int64_t code_by_reason(const JsonFields& error) {
  const Json* const details = error.find("details");
  if (details == nullptr) return 0;
  for (const Json& detail : details->items) {
    const Json* const reason = detail.find("reason");
    if (reason == nullptr) continue;
    for (const auto& [word, code] : kReasons) {
      if (reason->text == word) return code;
    }
  }
  return 0;
}

// What is left to go by when a peer sends a status and a text, as servers of 0.3 do.
std::int64_t code_by_status(int status, std::string_view text) {
  constexpr int kNotFound = 404;
  constexpr int kConflict = 409;
  constexpr int kNotImplemented = 501;
  // Servers also say 404 of paths that they do not have.
  const bool is_of_task =
      text.find("Task") != std::string_view::npos || text.find("task") != std::string_view::npos;
  if (status == kNotFound && is_of_task) return kTaskNotFound;
  if (status == kConflict && is_of_task) return kTaskNotCancelable;
  if (status == kNotImplemented) return kUnsupportedOperation;
  return 0;
}

// The text of an error in whatever form, empty when the body has none.
std::string text_of_body(std::string_view body, std::size_t json_depth) {
  try {
    JsonLimits limits;
    limits.depth = json_depth;
    const Json json = parse_json(body, "answer", limits);
    const JsonFields answer(json, "answer");
    const Json* const error = answer.find("error");
    if (error != nullptr && error->is(Json::Kind::object)) {
      return text_or_empty(JsonFields(*error, "error"), "message");
    }
    return text_or_empty(answer, "message");
  } catch (const ProtocolError&) {
    return {};
  }
}

}  // namespace

void throw_rpc_error(const JsonFields& error, ErrorCodes codes, const net::ResponseHead* head) {
  Details details = details_of(head);
  details.code = code_of(error);
  details.data = json_or_empty(error, "data");
  const std::string text = text_or_empty(error, "message");
  if (codes == ErrorCodes::rvagent) throw_rvagent(error, text, std::move(details));
  throw_official(text, std::move(details));
}

void throw_rest_error(const JsonFields& answer, const net::ResponseHead* head) {
  const Json* const inner = answer.find("error");
  const bool is_wrapped = inner != nullptr && inner->is(Json::Kind::object);
  const JsonFields error = is_wrapped ? JsonFields(*inner, "error") : answer;
  Details details = details_of(head);
  details.data = json_or_empty(error, "details");
  std::string text = text_or_empty(error, "message");
  if (text.empty()) text = text_or_empty(answer, "error");
  details.code = code_by_reason(error);
  // `code` is one of JSON-RPC's, below zero, or repeats the status.
  if (details.code == 0) details.code = code_of(error);
  if (details.code >= 0) details.code = code_by_status(details.http_status, text);
  throw_official(text, std::move(details));
}

void check_status(const net::ResponseHead& head, std::string_view body, std::size_t json_depth) {
  constexpr int kUnauthorized = 401;
  constexpr int kForbidden = 403;
  constexpr int kTooManyRequests = 429;
  constexpr int kUnavailable = 503;
  const bool wants_credentials = head.status == kUnauthorized || head.status == kForbidden;
  const bool is_busy = head.status == kTooManyRequests || head.status == kUnavailable;
  if (!wants_credentials && !is_busy) return;

  Details details = details_of(&head);
  std::string text = text_of_body(body, json_depth);
  if (wants_credentials) {
    if (text.empty()) text = "that it wants other credentials";
    const std::string message = message_of(text, details);
    throw AuthRequired(message, std::move(details));
  }
  details.retryable = true;
  if (text.empty()) text = "that it is busy";
  const std::string message = message_of(text, details);
  throw A2aError(message, std::move(details));
}

void throw_no_answer(const net::ResponseHead& head, std::string_view body,
                     std::string_view reason) {
  Details details = details_of(&head);
  throw ProtocolError("a2a: HTTP status " + std::to_string(head.status) + " with " +
                          std::to_string(body.size()) + " bytes that begin " + first_bytes(body) +
                          ": " + std::string(reason),
                      std::move(details));
}

}  // namespace ruvector::a2a
