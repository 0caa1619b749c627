// What was decoded or thrown as one short line, for tests to compare with.
#pragma once

#include <array>
#include <exception>
#include <string>

#include "a2a/codec.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

inline std::string describe(TaskState state) {
  constexpr std::array<const char*, 9> kNames = {"unknown",        "submitted",     "working",
                                                 "input_required", "auth_required", "completed",
                                                 "canceled",       "failed",        "rejected"};
  return kNames.at(static_cast<std::size_t>(state));
}

inline std::string describe(const Part& part) {
  switch (part.kind) {
    case Part::Kind::text:
      return "'" + part.text + "'";
    case Part::Kind::bytes:
      return "bytes '" + part.bytes + "'";
    case Part::Kind::url:
      return "url " + part.url;
    case Part::Kind::data:
      return "data " + part.data;
  }
  return "";
}

inline std::string describe(const Message& message) {
  std::string text = message.role == Role::user    ? "user"
                     : message.role == Role::agent ? "agent"
                                                   : "nobody";
  for (const Part& part : message.parts) text += " " + describe(part);
  return text;
}

inline std::string describe(const TaskStatus& status) {
  return describe(status.state) + (status.message ? " " + describe(*status.message) : "");
}

inline std::string describe(const Artifact& artifact) {
  std::string text = artifact.artifact_id + " " + artifact.name;
  for (const Part& part : artifact.parts) text += " " + describe(part);
  return text;
}

// "<state> <its message>; artifacts; history".
inline std::string describe(const Task& task) {
  std::string text = "task " + describe(task.status);
  for (const Artifact& artifact : task.artifacts) text += "; " + describe(artifact);
  for (const Message& message : task.history) text += "; " + describe(message);
  return text;
}

inline std::string describe(const TaskUpdate& update) {
  switch (update.kind) {
    case TaskUpdate::Kind::status:
      return "status " + describe(update.status->status);
    case TaskUpdate::Kind::artifact:
      return "artifact " + describe(update.artifact->artifact) +
             (update.artifact->append ? " append" : "") +
             (update.artifact->last_chunk ? " last" : "");
    case TaskUpdate::Kind::task:
      return describe(*update.task);
    case TaskUpdate::Kind::message:
      return "message " + describe(*update.message);
    case TaskUpdate::Kind::warning:
      return "warning " + update.warning->reason;
  }
  return "";
}

inline std::string describe(const StreamItem& item) {
  return describe(item.update) + (item.is_final ? " final" : "");
}

inline std::string describe(const SendResult& result) {
  if (result.task.has_value() == result.message.has_value()) return "both or neither";
  return result.task ? describe(*result.task) : "message " + describe(*result.message);
}

inline std::string describe(const TaskPage& page) {
  std::string text;
  for (const Task& task : page.tasks) text += describe(task);
  return text;
}

inline std::string describe(const std::string& text) { return text; }

// "<class> <code>", the most derived class that the contract names.
inline std::string describe_error(const std::exception_ptr& thrown) {
  const auto line = [](const char* name, const A2aError& error) {
    return std::string(name) + " " + std::to_string(error.code());
  };
  try {
    std::rethrow_exception(thrown);
  } catch (const RecursionLimit& error) {
    return line("RecursionLimit", error);
  } catch (const PolicyViolation& error) {
    return line("PolicyViolation", error);
  } catch (const BudgetExceeded& error) {
    return line("BudgetExceeded", error);
  } catch (const ProtocolError& error) {
    return line("ProtocolError", error);
  } catch (const TaskNotFound& error) {
    return line("TaskNotFound", error);
  } catch (const TaskNotCancelable& error) {
    return line("TaskNotCancelable", error);
  } catch (const UnsupportedOperation& error) {
    return line("UnsupportedOperation", error);
  } catch (const VersionNotSupported& error) {
    return line("VersionNotSupported", error);
  } catch (const AuthRequired& error) {
    return line("AuthRequired", error);
  } catch (const A2aError& error) {
    return line("A2aError", error);
  } catch (const std::exception& error) {
    return std::string("no error of A2A: ") + error.what();
  }
}

// describe() of what `call` gives, or describe_error() of what it throws.
template <class Call>
std::string outcome(Call call) {
  try {
    return describe(call());
  } catch (...) {
    return describe_error(std::current_exception());
  }
}

}  // namespace ruvector::a2a
