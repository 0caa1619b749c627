// The parts of the A2A client's bindings, one file each.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "ruvector/a2a/client.h"

namespace ruvector::bindings {

namespace nb = nanobind;

void bind_a2a_assembler(nb::module_& m);
void bind_a2a_stream(nb::module_& m);

// A ruvector.TaskStream. `client` is the Python object that it comes from, which it keeps.
nb::object make_task_stream(std::shared_ptr<TaskStream> stream, nb::handle client);

}  // namespace ruvector::bindings
