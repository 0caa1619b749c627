// Calls of Python code from C++, which may let other threads run and so meet the end of the
// interpreter: then they stop for ever, see gil.h, and no C++ frame above them is unwound.
#pragma once

#include <nanobind/nanobind.h>

#include "gil.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// object.name(*arguments), which are handles or objects. Throws what Python raises.
template <class... Arguments>
nb::object call_method(nb::handle object, const char* name, const Arguments&... arguments) {
  const nb::object method = nb::steal(PyUnicode_InternFromString(name));
  PyObject* result = take_or_stop([&] {
    return PyObject_CallMethodObjArgs(object.ptr(), method.ptr(), arguments.ptr()...,
                                      static_cast<PyObject*>(nullptr));
  });
  if (result == nullptr) nb::raise_python_error();
  return nb::steal(result);
}

// The next object of an iterator; none at its end.
inline nb::object next_of(nb::handle iterator) {
  PyObject* item = take_or_stop([&] { return PyIter_Next(iterator.ptr()); });
  if (item == nullptr && PyErr_Occurred() != nullptr) nb::raise_python_error();
  return item == nullptr ? nb::object() : nb::steal(item);
}

}  // namespace ruvector::bindings
