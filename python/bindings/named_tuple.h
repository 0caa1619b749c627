// Objects of Python's NamedTuple classes, made natively, as tuple's __new__ makes those of classes
// that are derived from it: their own __new__ is written in Python, and slow.
#pragma once

#include <nanobind/nanobind.h>

#include <initializer_list>

namespace ruvector::bindings {

namespace nb = nanobind;

// One class. Objects of this class are static, and never give the Python class back: the
// interpreter may be gone when static objects die. All needs the GIL.
class NamedTupleClass {
 public:
  // Imports `module`.`name`.
  void load(const char* module, const char* name);
  // `fields` are new references or null where making one failed; takes them over.
  nb::object make(std::initializer_list<PyObject*> fields) const;
  // list[...] of count objects; make_one(i) gives the i-th.
  template <class MakeOne>
  nb::object make_list(std::size_t count, MakeOne make_one) const {
    nb::object list = nb::steal(PyList_New(static_cast<Py_ssize_t>(count)));
    if (!list.is_valid()) nb::raise_python_error();
    for (std::size_t i = 0; i < count; ++i) {
      PyList_SetItem(list.ptr(), static_cast<Py_ssize_t>(i), make_one(i).release().ptr());
    }
    return list;
  }

 private:
  PyTypeObject* class_ = nullptr;
  allocfunc allocate_ = nullptr;
};

}  // namespace ruvector::bindings
