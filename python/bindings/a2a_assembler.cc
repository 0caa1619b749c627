// ArtifactAssembler.
#include "ruvector/a2a/artifact_assembler.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "a2a_docs.h"
#include "a2a_pieces.h"
#include "a2a_rooms.h"
#include "a2a_spec.h"
#include "a2a_values.h"
#include "numbers.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;
using Violations = std::vector<ArtifactAssembler::Violation>;

TaskArtifactUpdateEvent to_event(nb::handle value) {
  TaskArtifactUpdateEvent event;
  event.artifact = to_artifact(nb::object(value.attr("artifact")));
  event.append = nb::cast<bool>(nb::object(value.attr("append")));
  event.last_chunk = nb::cast<bool>(nb::object(value.attr("last_chunk")));
  return event;
}

TaskUpdate to_task_update(nb::handle task) {
  TaskUpdate update;
  update.kind = TaskUpdate::Kind::task;
  update.task.emplace();
  for (nb::handle artifact : nb::iter(nb::object(task.attr("artifacts")))) {
    update.task->artifacts.push_back(to_artifact(artifact));
  }
  return update;
}

bool is_a(nb::handle value, const char* name) {
  const nb::object type = nb::module_::import_("ruvector.a2a_types").attr(name);
  const int answer = PyObject_IsInstance(value.ptr(), type.ptr());
  if (answer < 0) nb::raise_python_error();
  return answer == 1;
}

Violations add_any(ArtifactAssembler& self, nb::handle value) {
  if (is_a(value, "TaskArtifactUpdateEvent")) return self.add(to_event(value));
  if (is_a(value, "Task")) return self.add(to_task_update(value));
  if (!is_a(value, "TaskUpdate")) {
    throw nb::type_error(
        ("update: expected a ruvector.TaskUpdate, got " + class_name(value)).c_str());
  }
  for (const char* name : {"artifact", "task"}) {
    const nb::object inner = value.attr(name);
    if (!inner.is_none()) return add_any(self, inner);
  }
  return {};
}

nb::object add(ArtifactAssembler& self, nb::handle value) {
  constexpr std::array kKinds{"append_to_nothing", "after_last", "without_id"};
  const Violations violations = add_any(self, value);
  const nb::object type = nb::module_::import_("ruvector.a2a_types").attr("ArtifactViolation");
  return make_tuple_of(violations.size(), [&](std::size_t i) {
    const ArtifactAssembler::Violation& one = violations[i];
    return type(kKinds.at(static_cast<std::size_t>(one.kind)), one.artifact_id, one.message);
  });
}

nb::object artifacts(const ArtifactAssembler& self) {
  return make_tuple_of(self.artifacts().size(),
                       [&](std::size_t i) { return to_python(self.artifacts()[i]); });
}

}  // namespace

void bind_a2a_assembler(nb::module_& m) {
  nb::class_<ArtifactAssembler> c(m, "ArtifactAssembler", nb::is_final(),
                                  nb::sig("@final\nclass ArtifactAssembler(object)"),
                                  docs::kArtifactAssembler);
  c.def(nb::init<>(), nb::sig("def __init__(self) -> None"));
  c.def("add", &add, "update"_a.none(),
        nb::sig("def add(self, update: TaskUpdate | TaskArtifactUpdateEvent | Task) -> "
                "tuple[ArtifactViolation, ...]"),
        docs::kAssemblerAdd);
  c.def_prop_ro("artifacts", &artifacts, nb::sig("def artifacts(self) -> tuple[Artifact, ...]"),
                "What there is so far, in the order in which it began.");
  c.def(
      "is_complete",
      [](const ArtifactAssembler& self, nb::handle id) {
        return self.is_complete(to_utf8(id, "artifact_id"));
      },
      "artifact_id"_a.none(), nb::sig("def is_complete(self, artifact_id: str) -> bool"),
      "Whether the last piece of it came.");
  c.def(
      "text",
      [](const ArtifactAssembler& self, nb::handle id) {
        return self.text(to_utf8(id, "artifact_id"));
      },
      "artifact_id"_a.none(), nb::sig("def text(self, artifact_id: str) -> str"),
      "The texts of its parts, one after the other; empty when there is none of that id.");
}

}  // namespace ruvector::bindings
