#include "a2a/dialects/task_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "a2a/dialects/message_reader.h"
#include "a2a/dialects/peer_text.h"

namespace ruvector::a2a {
namespace {

TaskStatus read_status(const JsonFields& fields, WireForm form) {
  TaskStatus status;
  status.raw_state =
      is_proto(form) ? fields.optional_string("state") : fields.required_string("state");
  status.state = task_state_of(form, status.raw_state);
  status.timestamp = fields.optional_string("timestamp");
  if (const auto message = fields.optional_object("message")) {
    status.message = read_message(*message, form);
  }
  return status;
}

// Which of the members that stand for a kind is there. Empty for none of them.
std::string_view kind_by_member(const JsonFields& fields) {
  constexpr std::array<std::string_view, 4> kKinds = {"statusUpdate", "artifactUpdate", "task",
                                                      "message"};
  std::string_view found;
  for (const std::string_view kind : kKinds) {
    if (!fields.has(kind)) continue;
    if (!found.empty()) fields.fail(kind, "stands beside " + std::string(found));
    found = kind;
  }
  return found;
}

StreamItem read_item_by_member(const JsonFields& fields, WireForm form) {
  const std::string_view kind = kind_by_member(fields);
  if (kind.empty()) {
    const auto& members = fields.value().members;
    return unknown_item(members.empty() ? std::string_view() : members.front().first);
  }
  const JsonFields value = fields.required_object(kind);
  if (kind == "statusUpdate") return item_of(read_status_event(value, form));
  if (kind == "artifactUpdate") return item_of(read_artifact_event(value, form));
  if (kind == "task") return item_of(read_task(value, form));
  return item_of(read_message(value, form));
}

StreamItem read_item_by_tag(const JsonFields& fields, WireForm form) {
  const std::string& kind = fields.required_string("kind");
  if (kind == "status-update") return item_of(read_status_event(fields, form));
  if (kind == "artifact-update") return item_of(read_artifact_event(fields, form));
  if (kind == "task") return item_of(read_task(fields, form));
  if (kind == "message") return item_of(read_message(fields, form));
  return unknown_item(kind);
}

std::string_view task_id_name(WireForm form) { return form == WireForm::rvagent ? "id" : "taskId"; }

}  // namespace

Task read_task(const JsonFields& fields, WireForm form) {
  Task task;
  task.id = fields.required_string("id");
  task.context_id = fields.optional_string(form == WireForm::rvagent ? "sessionId" : "contextId");
  task.status = read_status(fields.required_object("status"), form);
  fields.for_each_object("artifacts", [&](const JsonFields& artifact) {
    task.artifacts.push_back(read_artifact(artifact, form));
  });
  fields.for_each_object("history", [&](const JsonFields& message) {
    task.history.push_back(read_message(message, form));
  });
  task.metadata = fields.optional_object_text("metadata");
  return task;
}

TaskStatusUpdateEvent read_status_event(const JsonFields& fields, WireForm form) {
  TaskStatusUpdateEvent event;
  event.task_id = fields.required_string(task_id_name(form));
  event.context_id = fields.optional_string("contextId");
  event.status = read_status(fields.required_object("status"), form);
  event.is_final = fields.optional_bool("final");
  event.metadata = fields.optional_object_text("metadata");
  return event;
}

TaskArtifactUpdateEvent read_artifact_event(const JsonFields& fields, WireForm form) {
  TaskArtifactUpdateEvent event;
  event.task_id = fields.required_string(task_id_name(form));
  event.context_id = fields.optional_string("contextId");
  const JsonFields artifact = fields.required_object("artifact");
  event.artifact = read_artifact(artifact, form);
  // rvAgent has both inside of the artifact.
  const JsonFields& flags = form == WireForm::rvagent ? artifact : fields;
  event.append = flags.optional_bool("append");
  event.last_chunk = flags.optional_bool("lastChunk");
  event.metadata = fields.optional_object_text("metadata");
  return event;
}

TaskPage read_task_page(const JsonFields& fields, WireForm form) {
  TaskPage page;
  fields.for_each_object(
      "tasks", [&](const JsonFields& task) { page.tasks.push_back(read_task(task, form)); });
  page.next_page_token = fields.optional_string("nextPageToken");
  page.total_size = fields.optional_unsigned("totalSize");
  return page;
}

StreamItem read_stream_item(const JsonFields& item, WireForm form) {
  return is_proto(form) ? read_item_by_member(item, form) : read_item_by_tag(item, form);
}

SendResult read_send_result(const JsonFields& fields, WireForm form) {
  SendResult result;
  if (is_proto(form)) {
    const std::string_view kind = kind_by_member(fields);
    if (kind == "task") {
      result.task = read_task(fields.required_object(kind), form);
    } else if (kind == "message") {
      result.message = read_message(fields.required_object(kind), form);
    } else {
      fields.fail("", "has none of task, message");
    }
    return result;
  }
  const std::string& kind = fields.required_string("kind");
  if (kind == "task") {
    result.task = read_task(fields, form);
  } else if (kind == "message") {
    result.message = read_message(fields, form);
  } else {
    fields.fail("kind", "is none of task, message");
  }
  return result;
}

StreamItem item_of(Task task) {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::task;
  item.update.task_id = task.id;
  item.update.context_id = task.context_id;
  item.update.task = std::move(task);
  return item;
}

StreamItem item_of(Message message) {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::message;
  item.update.task_id = message.task_id;
  item.update.context_id = message.context_id;
  item.update.message = std::move(message);
  item.is_final = true;
  return item;
}

StreamItem item_of(TaskStatusUpdateEvent event) {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::status;
  item.update.task_id = event.task_id;
  item.update.context_id = event.context_id;
  item.is_final = event.is_final;
  item.update.status = std::move(event);
  return item;
}

StreamItem item_of(TaskArtifactUpdateEvent event) {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::artifact;
  item.update.task_id = event.task_id;
  item.update.context_id = event.context_id;
  item.update.artifact = std::move(event);
  return item;
}

StreamItem unknown_item(std::string_view name) {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::warning;
  item.update.warning.emplace();
  item.update.warning->reason = "unknown event '" + shortened(name) + "'";
  return item;
}

}  // namespace ruvector::a2a
