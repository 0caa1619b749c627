// Tasks, and what a stream tells of one. Plain values, the same for every dialect.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ruvector/a2a/message.h"

namespace ruvector {

enum class TaskState : std::uint8_t {
  unknown,  // one that this version does not know; TaskStatus::raw_state has the text
  submitted,
  working,
  input_required,
  auth_required,
  completed,
  canceled,
  failed,
  rejected,
};

// Whether a task in `state` is over: completed, canceled, failed, rejected.
bool is_terminal(TaskState state) noexcept;
// Whether it waits for its caller: input_required, auth_required.
bool is_interrupted(TaskState state) noexcept;

struct TaskStatus {
  TaskState state = TaskState::unknown;
  std::string raw_state{};  // as the peer wrote it
  std::string timestamp{};  // as the peer wrote it, RFC 3339
  std::optional<Message> message{};

  bool operator==(const TaskStatus&) const = default;
};

struct Task {
  std::string id{};
  std::string context_id{};  // rvAgent: sessionId
  TaskStatus status{};
  std::vector<Artifact> artifacts{};
  std::vector<Message> history{};
  std::string metadata{};  // a JSON object's text

  bool operator==(const Task&) const = default;
};

struct TaskStatusUpdateEvent {
  std::string task_id{};
  std::string context_id{};
  TaskStatus status{};
  bool is_final = false;
  std::string metadata{};  // a JSON object's text

  bool operator==(const TaskStatusUpdateEvent&) const = default;
};

struct TaskArtifactUpdateEvent {
  std::string task_id{};
  std::string context_id{};
  Artifact artifact{};
  bool append = false;
  bool last_chunk = false;
  std::string metadata{};  // a JSON object's text

  bool operator==(const TaskArtifactUpdateEvent&) const = default;
};

// What a stream has to say about itself: that something is missing, or was put right.
struct StreamWarning {
  std::string reason{};                   // "reconnected", "lagged", "no estimate", ...
  bool gap = false;                       // updates are, or may be, missing here
  std::optional<std::uint64_t> missed{};  // how many, when the peer said so

  bool operator==(const StreamWarning&) const = default;
};

// One element of a stream. `kind` names the member that counts.
struct TaskUpdate {
  enum class Kind : std::uint8_t { status, artifact, task, message, warning };
  Kind kind = Kind::status;
  std::string task_id{};
  std::string context_id{};
  std::optional<TaskStatusUpdateEvent> status{};
  std::optional<TaskArtifactUpdateEvent> artifact{};
  std::optional<Task> task{};
  std::optional<Message> message{};
  std::optional<StreamWarning> warning{};

  bool operator==(const TaskUpdate&) const = default;
};

// What a peer answers to a task that is sent: a task, or at once a message. One of them is set.
struct SendResult {
  std::optional<Task> task{};
  std::optional<Message> message{};

  bool operator==(const SendResult&) const = default;
};

struct TaskPage {
  std::vector<Task> tasks;
  std::string next_page_token;  // empty on the last page
  std::optional<std::uint64_t> total_size;
};

}  // namespace ruvector
