// The keyword arguments of A2aClient.connect on their way to C++.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "a2a_hooks.h"
#include "ruvector/a2a/client.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// `options` calls the hooks, which are also here for the garbage collector; null where there are
// none.
struct ClientSetup {
  ConnectOptions options;
  std::shared_ptr<Authorization> authorization;
  std::shared_ptr<Observer> observer;
};

// `options` is the dict that ruvector/a2a_options.py makes: what is missing keeps its default.
// Throws TypeError and ValueError that begin with the name of the argument. Needs the GIL.
ClientSetup to_client_setup(const nb::dict& options);

}  // namespace ruvector::bindings
