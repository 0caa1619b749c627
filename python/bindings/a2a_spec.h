// What a user asks of agents, on its way from Python. All need the GIL. They throw TypeError and
// ValueError, whose messages begin with `name`.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

#include "ruvector/a2a/task_spec.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// A ruvector.TaskSpec.
TaskSpec to_task_spec(nb::handle value);
// A ruvector.Artifact.
Artifact to_artifact(nb::handle value);
// A ruvector.ClientBudget or None.
ClientBudget to_client_budget(nb::handle value);

// The UTF-8 of a str.
std::string to_utf8(nb::handle value, const char* name);
std::vector<std::string> to_texts(nb::handle value, const char* name);
// JSON text of what json.dumps takes; NaN and infinity are refused.
std::string to_json(nb::handle value, const char* name);

}  // namespace ruvector::bindings
