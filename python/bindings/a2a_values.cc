// Tasks, messages and artifacts.
#include "a2a_values.h"

#include <array>
#include <cstddef>
#include <string>

#include "a2a_pieces.h"
#include "python_call.h"
#include "ruvector/base/a2a_errors.h"
#include "slotted_class.h"

namespace ruvector::bindings {
namespace {

// Of ruvector/a2a_types.py. Loaded when the first value is made, so that `import ruvector` needs
// none of it; never given back.
struct Classes {
  SlottedClass<7> part;
  SlottedClass<8> message;
  SlottedClass<6> artifact;
  SlottedClass<4> status;
  SlottedClass<6> task;
  SlottedClass<3> page;
  SlottedClass<5> status_event;
  SlottedClass<6> artifact_event;
  SlottedClass<3> warning;
  SlottedClass<8> update;
  SlottedClass<6> notice;
  std::array<PyObject*, 9> states{};  // in the order of the C++ enums
  std::array<PyObject*, 3> roles{};
  std::array<PyObject*, 5> update_kinds{};
  std::array<PyObject*, 4> notice_kinds{};

  Classes();
};

template <std::size_t N>
void load_members(nb::handle type, const std::array<const char*, N>& names,
                  std::array<PyObject*, N>& members) {
  for (std::size_t i = 0; i < N; ++i) members[i] = nb::object(type.attr(names[i])).release().ptr();
}

template <std::size_t N>
void load_texts(const std::array<const char*, N>& texts, std::array<PyObject*, N>& objects) {
  for (std::size_t i = 0; i < N; ++i) objects[i] = PyUnicode_InternFromString(texts[i]);
}

Classes::Classes() {
  const nb::object module = nb::module_::import_("ruvector.a2a_types");
  part.load(module, "Part",
            {"text", "bytes", "url", "data", "file_name", "media_type", "metadata"});
  message.load(module, "Message",
               {"role", "parts", "message_id", "task_id", "context_id", "reference_task_ids",
                "extensions", "metadata"});
  artifact.load(module, "Artifact",
                {"artifact_id", "parts", "name", "description", "extensions", "metadata"});
  status.load(module, "TaskStatus", {"state", "message", "timestamp", "raw_state"});
  task.load(module, "Task", {"id", "status", "context_id", "artifacts", "history", "metadata"});
  page.load(module, "TaskPage", {"tasks", "next_page_token", "total_size"});
  status_event.load(module, "TaskStatusUpdateEvent",
                    {"task_id", "status", "context_id", "is_final", "metadata"});
  artifact_event.load(module, "TaskArtifactUpdateEvent",
                      {"task_id", "artifact", "context_id", "append", "last_chunk", "metadata"});
  warning.load(module, "StreamWarning", {"reason", "gap", "missed"});
  update.load(
      module, "TaskUpdate",
      {"kind", "task_id", "context_id", "status", "artifact", "task", "message", "warning"});
  notice.load(module, "Notice", {"kind", "method", "url", "status", "elapsed_ms", "detail"});
  load_members<9>(module.attr("TaskState"),
                  {"UNKNOWN", "SUBMITTED", "WORKING", "INPUT_REQUIRED", "AUTH_REQUIRED",
                   "COMPLETED", "CANCELED", "FAILED", "REJECTED"},
                  states);
  load_members<3>(module.attr("Role"), {"UNKNOWN", "USER", "AGENT"}, roles);
  load_texts<5>({"status", "artifact", "task", "message", "warning"}, update_kinds);
  load_texts<4>({"request", "response", "event", "retry"}, notice_kinds);
}

const Classes& classes() {
  static const Classes* loaded = nullptr;
  if (loaded == nullptr) {
    // Importing may let another thread load them, too: then its set is forgotten, not freed.
    const auto* made = new Classes;
    loaded = made;
  }
  return *loaded;
}

// Texts that occur more than once in a value are made once.
class SharedText {
 public:
  explicit SharedText(const std::string& text) : text_(text), object_(nb::steal(new_text(text))) {
    if (!object_.is_valid()) nb::raise_python_error();
  }
  PyObject* reference(const std::string& text) const {
    return text == text_ ? new_reference(object_.ptr()) : new_text(text);
  }
  PyObject* reference() const { return new_reference(object_.ptr()); }

 private:
  const std::string& text_;
  nb::object object_;
};

// The task and the conversation that a value is of.
struct Place {
  SharedText task_id;
  SharedText context_id;
};

nb::object to_python(const Part& part) {
  const bool is_text = part.kind == Part::Kind::text;
  const bool is_bytes = part.kind == Part::Kind::bytes;
  const bool is_url = part.kind == Part::Kind::url;
  nb::object data = part.kind == Part::Kind::data ? json_to_python(part.data, "data of a part")
                                                  : nb::object(nb::none());
  nb::object metadata = metadata_to_python(part.metadata);
  return classes().part.make(
      is_text ? new_text(part.text) : new_none(), is_bytes ? new_bytes(part.bytes) : new_none(),
      is_url ? new_text(part.url) : new_none(), data.release().ptr(), new_text(part.file_name),
      new_text(part.media_type), metadata.release().ptr());
}

nb::object to_python(const std::vector<Part>& parts) {
  return make_tuple_of(parts.size(), [&](std::size_t i) { return to_python(parts[i]); });
}

nb::object to_python(const Message& message, const Place& place) {
  nb::object parts = to_python(message.parts);
  nb::object references = to_tuple(message.reference_task_ids);
  nb::object extensions = to_tuple(message.extensions);
  nb::object metadata = metadata_to_python(message.metadata);
  return classes().message.make(
      new_reference(classes().roles.at(static_cast<std::size_t>(message.role))),
      parts.release().ptr(), new_text(message.message_id), place.task_id.reference(message.task_id),
      place.context_id.reference(message.context_id), references.release().ptr(),
      extensions.release().ptr(), metadata.release().ptr());
}

nb::object artifact_to_python(const Artifact& artifact) {
  nb::object parts = to_python(artifact.parts);
  nb::object extensions = to_tuple(artifact.extensions);
  nb::object metadata = metadata_to_python(artifact.metadata);
  return classes().artifact.make(new_text(artifact.artifact_id), parts.release().ptr(),
                                 new_text(artifact.name), new_text(artifact.description),
                                 extensions.release().ptr(), metadata.release().ptr());
}

nb::object to_python(const TaskStatus& status, const Place& place) {
  nb::object message = status.message ? to_python(*status.message, place) : nb::object(nb::none());
  return classes().status.make(
      new_reference(classes().states.at(static_cast<std::size_t>(status.state))),
      message.release().ptr(), new_text(status.timestamp), new_text(status.raw_state));
}

nb::object to_python(const Task& task, const Place& place) {
  nb::object status = to_python(task.status, place);
  nb::object artifacts = make_tuple_of(
      task.artifacts.size(), [&](std::size_t i) { return artifact_to_python(task.artifacts[i]); });
  nb::object history = make_tuple_of(
      task.history.size(), [&](std::size_t i) { return to_python(task.history[i], place); });
  nb::object metadata = metadata_to_python(task.metadata);
  return classes().task.make(place.task_id.reference(task.id), status.release().ptr(),
                             place.context_id.reference(task.context_id), artifacts.release().ptr(),
                             history.release().ptr(), metadata.release().ptr());
}

nb::object to_python(const TaskStatusUpdateEvent& event, const Place& place) {
  nb::object status = to_python(event.status, place);
  nb::object metadata = metadata_to_python(event.metadata);
  return classes().status_event.make(place.task_id.reference(event.task_id), status.release().ptr(),
                                     place.context_id.reference(event.context_id),
                                     new_bool(event.is_final), metadata.release().ptr());
}

nb::object to_python(const TaskArtifactUpdateEvent& event, const Place& place) {
  nb::object artifact = artifact_to_python(event.artifact);
  nb::object metadata = metadata_to_python(event.metadata);
  return classes().artifact_event.make(
      place.task_id.reference(event.task_id), artifact.release().ptr(),
      place.context_id.reference(event.context_id), new_bool(event.append),
      new_bool(event.last_chunk), metadata.release().ptr());
}

nb::object to_python(const StreamWarning& warning) {
  return classes().warning.make(new_text(warning.reason), new_bool(warning.gap),
                                new_count(warning.missed));
}

PyObject* json_decoder() {
  // raw_decode: a method that is written in C but for one call. Never given back.
  static PyObject* const decode =
      nb::object(nb::module_::import_("json").attr("JSONDecoder")().attr("raw_decode"))
          .release()
          .ptr();
  return decode;
}

}  // namespace

nb::object json_to_python(const std::string& text, const char* what) {
  const nb::object string = nb::steal(new_text(text));
  PyObject* const decode = json_decoder();
  PyObject* decoded = !string.is_valid() ? nullptr : take_or_stop([&] {
    return PyObject_CallFunctionObjArgs(decode, string.ptr(), nullptr);
  });
  if (decoded == nullptr) {
    const nb::python_error error;
    if (!error.matches(PyExc_ValueError) && !error.matches(PyExc_RecursionError)) throw error;
    throw ProtocolError(std::string(what) + ": " + error.what());
  }
  return nb::object(nb::steal(decoded)[0]);
}

nb::object metadata_to_python(const std::string& text) {
  if (!text.empty()) {
    nb::object value = json_to_python(text, "metadata");
    if (PyDict_Check(value.ptr()) != 0) return value;
  }
  PyObject* empty = PyDict_New();
  if (empty == nullptr) nb::raise_python_error();
  return nb::steal(empty);
}

nb::object to_python(const Artifact& artifact) { return artifact_to_python(artifact); }

nb::object to_python(const Task& task) {
  return to_python(task, Place{SharedText(task.id), SharedText(task.context_id)});
}

nb::object to_python(const TaskPage& page) {
  nb::object tasks =
      make_tuple_of(page.tasks.size(), [&](std::size_t i) { return to_python(page.tasks[i]); });
  return classes().page.make(tasks.release().ptr(), new_text(page.next_page_token),
                             new_count(page.total_size));
}

nb::object to_python(const TaskUpdate& update) {
  const Place place{SharedText(update.task_id), SharedText(update.context_id)};
  const nb::object none = nb::none();
  nb::object status = update.status ? to_python(*update.status, place) : none;
  nb::object artifact = update.artifact ? to_python(*update.artifact, place) : none;
  nb::object task = update.task ? to_python(*update.task, place) : none;
  nb::object message = update.message ? to_python(*update.message, place) : none;
  nb::object warning = update.warning ? to_python(*update.warning) : none;
  return classes().update.make(
      new_reference(classes().update_kinds.at(static_cast<std::size_t>(update.kind))),
      place.task_id.reference(), place.context_id.reference(), status.release().ptr(),
      artifact.release().ptr(), task.release().ptr(), message.release().ptr(),
      warning.release().ptr());
}

nb::object to_python(const SendResult& result) {
  if (result.task) return to_python(*result.task);
  Task task;
  task.status.state = TaskState::completed;
  task.status.message = result.message;
  if (result.message) task.context_id = result.message->context_id;
  return to_python(task);
}

nb::object to_python(const PushConfig& config) { return metadata_to_python(config.text); }

nb::object to_python(const ConnectOptions::Notice& notice) {
  const double elapsed_ms = static_cast<double>(notice.elapsed.count()) / 1000;
  return classes().notice.make(
      new_reference(classes().notice_kinds.at(static_cast<std::size_t>(notice.kind))),
      new_text(notice.method), new_text(notice.url), PyLong_FromLong(notice.status),
      PyFloat_FromDouble(elapsed_ms), new_text(notice.detail));
}

}  // namespace ruvector::bindings
