// C++ exceptions and the classes of ruvector/errors.py.
#pragma once

#include <nanobind/nanobind.h>

#include <exception>
#include <string>
#include <utility>

#include "held_object.h"
#include "ruvector/base/errors.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// The Python exception that a call would raise which throws `error`, a new one each time. Needs the
// GIL.
nb::object python_exception(const std::exception_ptr& error);

// An exception of a user's Python code, on its way through C++.
class PythonCause {
 public:
  explicit PythonCause(HeldObject raised) : exception_(std::move(raised)) {}
  nb::handle python_exception() const { return exception_.get(); }

 private:
  HeldObject exception_;
};

// What a signal's handler raised while a call waited. Goes on as it is.
class PythonInterrupt final : public Cancelled, public PythonCause {
 public:
  explicit PythonInterrupt(HeldObject raised)
      : Cancelled("interrupted"), PythonCause(std::move(raised)) {}
};

// Lets Python handle its signals. Called without the GIL, now and then while a call waits. Throws
// PythonInterrupt when a handler
// raises.
void check_signals();
// These become Python exceptions whose __cause__ is the user's. Ctrl-C goes on as it is in the
// thread where it was pressed; others who waited for the same pull see it as the cause.
class PythonBackendError final : public BackendError, public PythonCause {
 public:
  PythonBackendError(const std::string& backend, const std::string& reason, HeldObject cause)
      : BackendError(backend, reason), PythonCause(std::move(cause)) {}
};

class PythonUnknownCollection final : public UnknownCollection, public PythonCause {
 public:
  PythonUnknownCollection(const std::string& backend, const std::string& collection,
                          HeldObject cause)
      : UnknownCollection(backend, collection), PythonCause(std::move(cause)) {}
};

}  // namespace ruvector::bindings
