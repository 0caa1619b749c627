#include "a2a/dialects/task_spec_writer.h"

#include <string>

#include "a2a/codec.h"
#include "base/base64.h"

namespace ruvector::a2a {
namespace {

std::string base64_of(const std::string& bytes) {
  return base::to_base64(bytes, base::Base64::standard);
}

// The tag of a part in the forms that have one.
void write_tag(JsonWriter& json, WireForm form, std::string_view kind) {
  if (!is_proto(form)) json.key(form == WireForm::rvagent ? "type" : "kind").text(kind);
}

void write_file(JsonWriter& json, WireForm form, const Part& part) {
  const bool long_names = form == WireForm::v0_3_rest;
  write_tag(json, form, "file");
  json.key("file").begin_object();
  json.text_member("name", part.file_name).text_member("mimeType", part.media_type);
  if (part.kind == Part::Kind::bytes) {
    json.key(long_names ? "fileWithBytes" : "bytes").text(base64_of(part.bytes));
  } else {
    json.key(long_names ? "fileWithUri" : "uri").text(part.url);
  }
  json.end_object();
}

void write_data(JsonWriter& json, WireForm form, const std::string& data) {
  constexpr std::string_view kWhat = "a2a: data of a part";
  write_tag(json, form, "data");
  if (form == WireForm::v0_3_rest) {
    json.key("data").begin_object().key("data").checked(data, kWhat, true).end_object();
  } else {
    json.key("data").checked(data, kWhat, form == WireForm::v0_3);
  }
}

// 1.0 has flat parts.
void write_flat_part(JsonWriter& json, const Part& part) {
  switch (part.kind) {
    case Part::Kind::text:
      json.key("text").text(part.text);
      break;
    case Part::Kind::bytes:
      json.key("raw").text(base64_of(part.bytes));
      break;
    case Part::Kind::url:
      json.key("url").text(part.url);
      break;
    case Part::Kind::data:
      write_data(json, WireForm::v1_0, part.data);
      break;
  }
  json.text_member("filename", part.file_name).text_member("mediaType", part.media_type);
}

void write_part(JsonWriter& json, WireForm form, const Part& part) {
  json.begin_object();
  if (form == WireForm::v1_0) {
    write_flat_part(json, part);
  } else if (part.kind == Part::Kind::text) {
    write_tag(json, form, "text");
    json.key("text").text(part.text);
  } else if (part.kind == Part::Kind::data) {
    write_data(json, form, part.data);
  } else {
    write_file(json, form, part);
  }
  json.object_member("metadata", part.metadata, "a2a: metadata of a part");
  json.end_object();
}

// What rvAgent takes as parameters, for a peer that has none of it.
void write_extension(JsonWriter& json, const TaskSpec& spec) {
  json.begin_object().key(kTaskSpecExtension).begin_object();
  json.text_member("skill", spec.skill);
  if (spec.policy) {
    json.key("policy");
    write_policy(json, *spec.policy);
  }
  json.key("context");
  write_context(json, spec.context);
  json.end_object().end_object();
}

}  // namespace

void write_parts(JsonWriter& json, WireForm form, const std::vector<Part>& parts) {
  json.key(form == WireForm::v0_3_rest ? "content" : "parts").begin_array();
  for (const Part& part : parts) write_part(json, form, part);
  json.end_array();
}

void write_policy(JsonWriter& json, const TaskPolicy& policy) {
  json.begin_object();
  if (policy.max_tokens) json.key("max_tokens").number(*policy.max_tokens);
  if (policy.max_cost_usd) json.key("max_cost_usd").number(*policy.max_cost_usd);
  if (policy.max_duration_ms) json.key("max_duration_ms").number(*policy.max_duration_ms);
  if (policy.allowed_skills) json.key("allowed_skills").texts(*policy.allowed_skills);
  if (policy.max_concurrency) {
    json.key("max_concurrency").number(std::uint64_t{*policy.max_concurrency});
  }
  json.end_object();
}

void write_context(JsonWriter& json, const TaskContext& context) {
  json.begin_object();
  json.key("trace_id").text(context.trace_id);
  json.text_member("parent_task_id", context.parent_task_id);
  json.key("depth").number(std::uint64_t{context.depth});
  json.key("root_agent_id").text(context.root_agent_id);
  json.key("current_agent").text(context.current_agent);
  json.key("visited_agents").texts(context.visited_agents);
  json.end_object();
}

void write_message(JsonWriter& json, WireForm form, const TaskSpec& spec) {
  json.begin_object();
  write_tag(json, form, "message");
  json.key("messageId").text(spec.message_id);
  json.key("role").text(role_word(form, Role::user));
  write_parts(json, form, spec.input);
  json.text_member("taskId", spec.task_id).text_member("contextId", spec.context_id);
  json.key("metadata");
  write_extension(json, spec);
  json.key("extensions").begin_array().text(kTaskSpecExtension).end_array();
  json.end_object();
}

void write_configuration(JsonWriter& json, WireForm form, const TaskSpec& spec) {
  json.begin_object();
  if (!spec.accepted_output_modes.empty()) {
    json.key("acceptedOutputModes").texts(spec.accepted_output_modes);
  }
  if (spec.history_length) json.key("historyLength").number(std::uint64_t{*spec.history_length});
  // Servers of 0.3 disagree on what a missing `blocking` means.
  if (form != WireForm::v1_0) {
    json.key("blocking").boolean(spec.blocking);
  } else if (!spec.blocking) {
    json.key("returnImmediately").boolean(true);
  }
  json.end_object();
}

}  // namespace ruvector::a2a
