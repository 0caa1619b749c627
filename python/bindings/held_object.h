// References to Python objects that C++ keeps.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

namespace ruvector::bindings {

namespace nb = nanobind;

// Keeps a Python object alive. Copied and destroyed on any thread, with or without the GIL: giving
// up the last reference never waits for the GIL, which a caller that holds a lock must not do. The
// object is let go of soon after, by a thread that has the GIL.
class HeldObject {
 public:
  HeldObject() = default;
  // Needs the GIL.
  explicit HeldObject(nb::object object);
  // To be used with the GIL.
  nb::handle get() const { return object_.get(); }

 private:
  std::shared_ptr<PyObject> object_;
};

// Lets go of the objects that are waiting for it. Needs the GIL.
void let_go_of_dropped_objects();

}  // namespace ruvector::bindings
