// Values of the A2A client on their way to Python: the classes of ruvector/a2a_types.py and
// ruvector/a2a_card.py, made natively. All need the GIL. They throw ProtocolError for JSON that
// Python's parser refuses, such as numbers of thousands of digits.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "ruvector/a2a/agent_card.h"
#include "ruvector/a2a/client.h"
#include "ruvector/a2a/task.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// What set_push_config gives: JSON text.
struct PushConfig {
  std::string text;
};

nb::object to_python(const Artifact& artifact);
nb::object to_python(const Task& task);
nb::object to_python(const TaskPage& page);
nb::object to_python(const TaskUpdate& update);
// Always a Task: a message alone becomes one without an id.
nb::object to_python(const SendResult& result);
nb::object to_python(const AgentCard& card);
nb::object to_python(const PushConfig& config);
nb::object to_python(const ConnectOptions::Notice& notice);

// What json.loads gives. `what` begins the message of an error.
nb::object json_to_python(const std::string& text, const char* what);
// A dict; of an empty text an empty one.
nb::object metadata_to_python(const std::string& text);

}  // namespace ruvector::bindings
