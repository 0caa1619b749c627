#include "a2a_spec.h"

#include <nanobind/stl/string.h>

#include <cstdint>
#include <optional>
#include <stdexcept>

#include "numbers.h"
#include "python_call.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

nb::object field(nb::handle value, const char* name) { return nb::object(value.attr(name)); }

std::string text_field(nb::handle value, const char* name) {
  return to_utf8(field(value, name), name);
}

std::optional<double> to_optional_double(nb::handle value, const char* name) {
  if (value.is_none()) return std::nullopt;
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1.0 && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    throw nb::type_error(
        (std::string(name) + ": expected a number, got " + class_name(value)).c_str());
  }
  return number;
}

std::string to_bytes(nb::handle value, const char* name) {
  char* data = nullptr;
  Py_ssize_t size = 0;
  if (PyBytes_AsStringAndSize(value.ptr(), &data, &size) != 0) {
    PyErr_Clear();
    throw nb::type_error(
        (std::string(name) + ": expected bytes, got " + class_name(value)).c_str());
  }
  return {data, static_cast<std::size_t>(size)};
}

std::string metadata_of(nb::handle value) {
  const nb::object metadata = field(value, "metadata");
  if (PyDict_Check(metadata.ptr()) == 0) {
    throw nb::type_error(("metadata: expected a dict, got " + class_name(metadata)).c_str());
  }
  return PyDict_Size(metadata.ptr()) == 0 ? "" : to_json(metadata, "metadata");
}

Part to_part(nb::handle value) {
  Part part;
  const nb::object text = field(value, "text");
  const nb::object bytes = field(value, "bytes");
  const nb::object url = field(value, "url");
  if (!text.is_none()) {
    part.text = to_utf8(text, "text");
  } else if (!bytes.is_none()) {
    part.kind = Part::Kind::bytes;
    part.bytes = to_bytes(bytes, "bytes");
  } else if (!url.is_none()) {
    part.kind = Part::Kind::url;
    part.url = to_utf8(url, "url");
  } else {
    part.kind = Part::Kind::data;
    part.data = to_json(field(value, "data"), "data");
  }
  part.file_name = text_field(value, "file_name");
  part.media_type = text_field(value, "media_type");
  part.metadata = metadata_of(value);
  return part;
}

std::vector<Part> to_parts(nb::handle value) {
  std::vector<Part> parts;
  const nb::object iterator = nb::iter(value);
  while (const nb::object part = next_of(iterator)) parts.push_back(to_part(part));
  return parts;
}

std::optional<TaskPolicy> to_policy(nb::handle value) {
  if (value.is_none()) return std::nullopt;
  TaskPolicy policy;
  policy.max_tokens = to_optional<std::uint64_t>(field(value, "max_tokens"), "max_tokens");
  policy.max_cost_usd = to_optional_double(field(value, "max_cost_usd"), "max_cost_usd");
  policy.max_duration_ms =
      to_optional<std::uint64_t>(field(value, "max_duration_ms"), "max_duration_ms");
  const nb::object skills = field(value, "allowed_skills");
  if (!skills.is_none()) policy.allowed_skills = to_texts(skills, "allowed_skills");
  policy.max_concurrency =
      to_optional<std::uint32_t>(field(value, "max_concurrency"), "max_concurrency");
  return policy;
}

std::optional<TaskEstimate> to_estimate(nb::handle value) {
  if (value.is_none()) return std::nullopt;
  return TaskEstimate{to_optional_double(field(value, "cost_usd"), "cost_usd"),
                      to_optional<std::uint64_t>(field(value, "tokens"), "tokens")};
}

TaskContext to_context(nb::handle value) {
  TaskContext context;
  context.trace_id = text_field(value, "trace_id");
  context.parent_task_id = text_field(value, "parent_task_id");
  context.depth = to_unsigned<std::uint32_t>(field(value, "depth"), "depth");
  context.root_agent_id = text_field(value, "root_agent_id");
  context.current_agent = text_field(value, "current_agent");
  context.visited_agents = to_texts(field(value, "visited_agents"), "visited_agents");
  return context;
}

void require_class(nb::handle value, const char* module, const char* name) {
  const nb::object type = nb::module_::import_(module).attr(name);
  const int answer = PyObject_IsInstance(value.ptr(), type.ptr());
  if (answer < 0) nb::raise_python_error();
  if (answer == 1) return;
  throw nb::type_error(
      (std::string("expected a ruvector.") + name + ", got " + class_name(value)).c_str());
}

}  // namespace

std::string to_utf8(nb::handle value, const char* name) {
  if (!nb::isinstance<nb::str>(value)) {
    throw nb::type_error(
        (std::string(name) + ": expected a str, got " + class_name(value)).c_str());
  }
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (data != nullptr) return {data, static_cast<std::size_t>(size)};
  PyErr_Clear();
  throw std::invalid_argument(std::string(name) + ": has a lone surrogate, which has no UTF-8");
}

std::vector<std::string> to_texts(nb::handle value, const char* name) {
  if (nb::isinstance<nb::str>(value)) {
    throw nb::type_error((std::string(name) + ": expected a sequence of str, got one").c_str());
  }
  std::vector<std::string> texts;
  const nb::object iterator = nb::iter(value);
  while (const nb::object item = next_of(iterator)) texts.push_back(to_utf8(item, name));
  return texts;
}

std::string to_json(nb::handle value, const char* name) {
  // As compact as the wire wants it, and in UTF-8.
  const nb::object text = nb::module_::import_("json").attr("dumps")(
      value, "ensure_ascii"_a = false, "allow_nan"_a = false,
      "separators"_a = nb::make_tuple(",", ":"));
  return to_utf8(text, name);
}

Artifact to_artifact(nb::handle value) {
  require_class(value, "ruvector.a2a_types", "Artifact");
  Artifact artifact;
  artifact.artifact_id = text_field(value, "artifact_id");
  artifact.parts = to_parts(field(value, "parts"));
  artifact.name = text_field(value, "name");
  artifact.description = text_field(value, "description");
  artifact.extensions = to_texts(field(value, "extensions"), "extensions");
  artifact.metadata = metadata_of(value);
  return artifact;
}

TaskSpec to_task_spec(nb::handle value) {
  require_class(value, "ruvector.a2a_spec", "TaskSpec");
  TaskSpec spec;
  spec.skill = text_field(value, "skill");
  spec.input = to_parts(field(value, "input"));
  spec.id = text_field(value, "id");
  spec.task_id = text_field(value, "task_id");
  spec.context_id = text_field(value, "context_id");
  spec.message_id = text_field(value, "message_id");
  spec.accepted_output_modes =
      to_texts(field(value, "accepted_output_modes"), "accepted_output_modes");
  spec.history_length =
      to_optional<std::uint32_t>(field(value, "history_length"), "history_length");
  spec.blocking = nb::cast<bool>(field(value, "blocking"));
  spec.policy = to_policy(field(value, "policy"));
  spec.estimate = to_estimate(field(value, "estimate"));
  spec.context = to_context(field(value, "context"));
  spec.metadata = metadata_of(value);
  return spec;
}

ClientBudget to_client_budget(nb::handle value) {
  if (value.is_none()) return {};
  require_class(value, "ruvector.a2a_spec", "ClientBudget");
  return {
      to_optional_double(field(value, "max_usd_per_minute"), "max_usd_per_minute"),
      to_optional<std::uint64_t>(field(value, "max_tokens_per_minute"), "max_tokens_per_minute"),
      to_optional<std::uint32_t>(field(value, "max_tasks_per_minute"), "max_tasks_per_minute")};
}

}  // namespace ruvector::bindings
