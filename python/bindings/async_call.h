// The awaitable of an asynchronous call.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>

namespace ruvector::bindings {

namespace nb = nanobind;

void init_async_call(nb::module_& m);

// An AsyncCall named `name` (a literal) on the asyncio `future`: can be awaited, made a task and
// gathered, as a coroutine can. When the future is cancelled, `cancel` is called; so it is, with a
// warning, when the object goes without having been awaited. `cancel` may be called twice.
nb::object make_async_call(const char* name, nb::object future, std::function<void()> cancel);

}  // namespace ruvector::bindings
