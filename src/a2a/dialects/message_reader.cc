#include "a2a/dialects/message_reader.h"

#include <string>
#include <string_view>

#include "base/base64.h"

namespace ruvector::a2a {
namespace {

// Peers write the standard alphabet; protobuf's JSON may also be read in the other.
std::string read_base64(const JsonFields& fields, std::string_view name) {
  const std::string& text = fields.required_string(name);
  auto bytes = base::from_base64(text, base::Base64::standard);
  if (!bytes) bytes = base::from_base64(text, base::Base64::url_safe);
  if (!bytes) fields.fail(name, "is no base64");
  return *std::move(bytes);
}

void read_file(const JsonFields& file, std::string_view bytes, std::string_view url, Part& part) {
  part.file_name = file.optional_string("name");
  part.media_type = file.optional_string("mimeType");
  if (file.has(bytes)) {
    part.kind = Part::Kind::bytes;
    part.bytes = read_base64(file, bytes);
  } else {
    part.kind = Part::Kind::url;
    part.url = file.required_string(url);
  }
}

void read_data(const JsonFields& fields, Part& part) {
  const Json* const data = fields.find("data");
  part.kind = Part::Kind::data;
  part.data = data != nullptr ? to_text(*data) : "null";
}

// A part that says by a tag what it is.
void read_tagged(const JsonFields& fields, std::string_view tag, Part& part) {
  const std::string& kind = fields.required_string(tag);
  if (kind == "text") {
    part.text = fields.required_string("text");
  } else if (kind == "file") {
    read_file(fields.required_object("file"), "bytes", "uri", part);
  } else if (kind == "data") {
    read_data(fields, part);
  } else {
    fields.fail(tag, "is none of text, file, data");
  }
}

// A part of 0.3 that says by a member what it is.
void read_nested(const JsonFields& fields, Part& part) {
  if (fields.has("text")) {
    part.text = fields.required_string("text");
  } else if (fields.has("file")) {
    read_file(fields.required_object("file"), "fileWithBytes", "fileWithUri", part);
  } else if (fields.has("data")) {
    read_data(fields.required_object("data"), part);
  } else {
    fields.fail("", "has none of text, file, data");
  }
}

void read_flat(const JsonFields& fields, Part& part) {
  part.file_name = fields.optional_string("filename");
  part.media_type = fields.optional_string("mediaType");
  if (fields.has("text")) {
    part.text = fields.required_string("text");
  } else if (fields.has("raw")) {
    part.kind = Part::Kind::bytes;
    part.bytes = read_base64(fields, "raw");
  } else if (fields.has("url")) {
    part.kind = Part::Kind::url;
    part.url = fields.required_string("url");
  } else if (fields.value().find("data") != nullptr) {
    read_data(fields, part);
  } else {
    fields.fail("", "has none of text, raw, url, data");
  }
}

void read_parts(const JsonFields& fields, std::string_view name, WireForm form,
                std::vector<Part>& parts) {
  fields.for_each_object(name,
                         [&](const JsonFields& part) { parts.push_back(read_part(part, form)); });
}

}  // namespace

Part read_part(const JsonFields& fields, WireForm form) {
  Part part;
  switch (form) {
    case WireForm::rvagent:
      read_tagged(fields, "type", part);
      break;
    case WireForm::v0_3:
      read_tagged(fields, "kind", part);
      break;
    case WireForm::v0_3_rest:
      read_nested(fields, part);
      break;
    case WireForm::v1_0:
      read_flat(fields, part);
      break;
  }
  part.metadata = fields.optional_object_text("metadata");
  return part;
}

Message read_message(const JsonFields& fields, WireForm form) {
  Message message;
  message.message_id = fields.optional_string("messageId");
  message.role = role_of(form, fields.optional_string("role"));
  read_parts(fields, form == WireForm::v0_3_rest ? "content" : "parts", form, message.parts);
  message.task_id = fields.optional_string("taskId");
  message.context_id = fields.optional_string("contextId");
  message.reference_task_ids = fields.optional_strings("referenceTaskIds");
  message.extensions = fields.optional_strings("extensions");
  message.metadata = fields.optional_object_text("metadata");
  return message;
}

Artifact read_artifact(const JsonFields& fields, WireForm form) {
  Artifact artifact;
  if (form == WireForm::rvagent) {
    artifact.artifact_id = std::to_string(fields.optional_unsigned("index").value_or(0));
  } else {
    artifact.artifact_id = fields.optional_string("artifactId");
  }
  artifact.name = fields.optional_string("name");
  artifact.description = fields.optional_string("description");
  read_parts(fields, "parts", form, artifact.parts);
  artifact.extensions = fields.optional_strings("extensions");
  artifact.metadata = fields.optional_object_text("metadata");
  return artifact;
}

}  // namespace ruvector::a2a
