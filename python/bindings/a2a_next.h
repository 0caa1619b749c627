// What `await` and `async for` get from a TaskStream.
//
// Objects of a plain type of Python's C interface: one is made for each update, and an update that
// is there already is given without a future, by a single call.
#pragma once

#include <nanobind/nanobind.h>

namespace ruvector::bindings {

namespace nb = nanobind;

// Where updates come from. Used on the thread of the event loop, with the GIL.
class UpdateSource {
 public:
  enum class Take { update, wait, pause };
  virtual ~UpdateSource() = default;
  // The next update if it is there; `pause`: the loop's other callbacks have waited long enough.
  // Throws StopAsyncIteration at the end and what the stream throws; RuntimeError while another
  // waits.
  virtual Take take(nb::object& update) = 0;
  // A future that is done when take() will not say `wait`. Until end_wait() take() throws.
  virtual nb::object begin_wait() = 0;
  virtual void end_wait() noexcept = 0;
};

void init_a2a_next();
// An awaitable of the next update. `owner` keeps the source.
nb::object make_next_update(nb::handle owner, UpdateSource& source);
// An awaitable of `value`, which is there already.
nb::object make_ready(nb::object value);

}  // namespace ruvector::bindings
