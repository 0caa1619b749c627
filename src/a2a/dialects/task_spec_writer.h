// Writes what is asked of an agent.
// Thread-safe. Errors are those of JsonWriter.
#pragma once

#include "a2a/dialects/wire_form.h"
#include "a2a/json_writer.h"
#include "ruvector/a2a/task_spec.h"

namespace ruvector::a2a {

// A member `parts`, or `content`, with its name.
void write_parts(JsonWriter& json, WireForm form, const std::vector<Part>& parts);
// Limits and context as rvAgent names them, without those that are not set.
void write_policy(JsonWriter& json, const TaskPolicy& policy);
void write_context(JsonWriter& json, const TaskContext& context);
// The message of `spec` to an official peer, with the extension kTaskSpecExtension.
void write_message(JsonWriter& json, WireForm form, const TaskSpec& spec);
// How an official peer shall answer.
void write_configuration(JsonWriter& json, WireForm form, const TaskSpec& spec);

}  // namespace ruvector::a2a
