// Reads tasks and what a stream tells of them.
// Thread-safe. Throws ProtocolError, which names the way to the member, for what has no such form.
#pragma once

#include "a2a/codec.h"
#include "a2a/dialects/wire_form.h"
#include "a2a/json_fields.h"
#include "ruvector/a2a/task.h"

namespace ruvector::a2a {

Task read_task(const JsonFields& task, WireForm form);
TaskStatusUpdateEvent read_status_event(const JsonFields& event, WireForm form);
TaskArtifactUpdateEvent read_artifact_event(const JsonFields& event, WireForm form);
TaskPage read_task_page(const JsonFields& page, WireForm form);

// Of official peers: what a stream holds, and what a sent message is answered with.
StreamItem read_stream_item(const JsonFields& item, WireForm form);
SendResult read_send_result(const JsonFields& result, WireForm form);

// Elements of a stream. An item is final when it is a message, or says so.
StreamItem item_of(Task task);
StreamItem item_of(Message message);
StreamItem item_of(TaskStatusUpdateEvent event);
StreamItem item_of(TaskArtifactUpdateEvent event);
// Of an event that the dialect does not have.
StreamItem unknown_item(std::string_view name);

}  // namespace ruvector::a2a
