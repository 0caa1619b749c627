// Lets Python's garbage collector see through native objects. A class T whose objects hold Python
// objects gets nb::type_slots(gc_slots<T>) and has
//   int traverse(visitproc visit, void* arg);   // Py_VISIT each reference that it owns
//   void clear();                               // gives them up; the object may be used afterwards
#pragma once

#include <nanobind/nanobind.h>

namespace ruvector::bindings {

namespace nb = nanobind;

template <class T>
int gc_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (!nb::inst_ready(self)) return 0;
  return nb::inst_ptr<T>(self)->traverse(visit, arg);
}

template <class T>
int gc_clear(PyObject* self) {
  if (nb::inst_ready(self)) nb::inst_ptr<T>(self)->clear();
  return 0;
}

template <class T>
inline PyType_Slot gc_slots[] = {{Py_tp_traverse, reinterpret_cast<void*>(&gc_traverse<T>)},
                                 {Py_tp_clear, reinterpret_cast<void*>(&gc_clear<T>)},
                                 {0, nullptr}};

}  // namespace ruvector::bindings
