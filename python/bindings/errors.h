// C++ exceptions and the classes of ruvector/errors.py.
#pragma once

#include <nanobind/nanobind.h>

#include <exception>
#include <string>
#include <utility>

#include "held_object.h"
#include "ruvector/base/a2a_errors.h"
#include "ruvector/base/errors.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// The Python exception that a call would raise which throws `error`, a new one each time. Needs the
// GIL.
nb::object python_exception(const std::exception_ptr& error);

// Sets the Python error `name`(message of `error`, **attributes), `name` being a class of
// ruvector/errors.py. Its __cause__ is the user's exception if `error` is a PythonCause.
void set_error(const char* name, const std::exception& error, const nb::dict& attributes);
// For an A2aError: of its class, with all attributes.
void set_a2a_error(const std::exception_ptr& pointer);
// A str of C++ text, which need not be valid UTF-8.
nb::object decoded(const char* text);

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

// What a user's `authorization` raised.
class PythonAuthError final : public AuthRequired, public PythonCause {
 public:
  PythonAuthError(const std::string& message, HeldObject cause)
      : AuthRequired(message), PythonCause(std::move(cause)) {}
};

}  // namespace ruvector::bindings
