// The branch A2aError of the tree.
#include <nanobind/nanobind.h>

#include <string>

#include "a2a_values.h"
#include "errors.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::bindings {
namespace {

// What the peer added is JSON, but it need not be one that Python takes.
nb::object data_of(const std::string& text) {
  if (text.empty()) return nb::none();
  try {
    return json_to_python(text, "data");
  } catch (const ProtocolError&) {
    return decoded(text.c_str());
  }
}

// A number where the text is one; None of an empty text.
nb::object quantity(const std::string& text) {
  if (text.empty()) return nb::none();
  const nb::object string = decoded(text.c_str());
  for (PyTypeObject* type : {&PyLong_Type, &PyFloat_Type}) {
    PyObject* number =
        PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(type), string.ptr(), nullptr);
    if (number != nullptr) return nb::steal(number);
    PyErr_Clear();
  }
  return string;
}

nb::dict details_of(const A2aError& error) {
  const A2aError::Details& details = error.details();
  nb::dict attributes;
  attributes["code"] = details.code;
  attributes["data"] = data_of(details.data);
  attributes["http_status"] =
      details.http_status == 0 ? nb::object(nb::none()) : nb::object(nb::int_(details.http_status));
  attributes["retryable"] = details.retryable;
  attributes["retry_after"] =
      details.retry_after.empty() ? nb::object(nb::none()) : decoded(details.retry_after.c_str());
  return attributes;
}

void set_policy_violation(const char* name, const PolicyViolation& error) {
  nb::dict attributes = details_of(error);
  attributes["field"] = decoded(error.field().c_str());
  attributes["value"] = quantity(error.value());
  attributes["limit"] = quantity(error.limit());
  set_error(name, error, attributes);
}

// The most derived class first: the first match wins.
void set_transport_error(const TransportError& error) {
  const char* name = "TransportError";
  if (dynamic_cast<const StreamInterrupted*>(&error) != nullptr) name = "StreamInterrupted";
  if (dynamic_cast<const Timeout*>(&error) != nullptr) name = "Timeout";
  if (dynamic_cast<const ProtocolError*>(&error) != nullptr) name = "ProtocolError";
  set_error(name, error, details_of(error));
}

}  // namespace

void set_a2a_error(const std::exception_ptr& pointer) {
  try {
    std::rethrow_exception(pointer);
  } catch (const RecursionLimit& error) {
    set_policy_violation("RecursionLimit", error);
  } catch (const PolicyViolation& error) {
    set_policy_violation("PolicyViolation", error);
  } catch (const BudgetExceeded& error) {
    nb::dict attributes = details_of(error);
    attributes["dimension"] = decoded(error.dimension().c_str());
    set_error("BudgetExceeded", error, attributes);
  } catch (const TransportError& error) {
    set_transport_error(error);
  } catch (const CardSignatureInvalid& error) {
    set_error("CardSignatureInvalid", error, details_of(error));
  } catch (const TaskNotFound& error) {
    set_error("TaskNotFound", error, details_of(error));
  } catch (const TaskNotCancelable& error) {
    set_error("TaskNotCancelable", error, details_of(error));
  } catch (const UnsupportedOperation& error) {
    set_error("UnsupportedOperation", error, details_of(error));
  } catch (const VersionNotSupported& error) {
    set_error("VersionNotSupported", error, details_of(error));
  } catch (const AuthRequired& error) {
    set_error("AuthRequired", error, details_of(error));
  } catch (const A2aError& error) {
    set_error("A2aError", error, details_of(error));
  }
}

}  // namespace ruvector::bindings
