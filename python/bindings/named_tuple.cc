#include "named_tuple.h"

namespace ruvector::bindings {

void NamedTupleClass::load(const char* module, const char* name) {
  nb::object type = nb::module_::import_(module).attr(name);
  class_ = reinterpret_cast<PyTypeObject*>(type.release().ptr());
  allocate_ = reinterpret_cast<allocfunc>(PyType_GetSlot(class_, Py_tp_alloc));
}

nb::object NamedTupleClass::make(std::initializer_list<PyObject*> fields) const {
  const nb::object made = nb::steal(allocate_(class_, static_cast<Py_ssize_t>(fields.size())));
  bool is_complete = made.is_valid();
  Py_ssize_t position = 0;
  for (PyObject* field : fields) {
    is_complete = is_complete && field != nullptr;
    if (made.is_valid()) {
      PyTuple_SetItem(made.ptr(), position++, field);
    } else {
      Py_XDECREF(field);
    }
  }
  if (!is_complete) nb::raise_python_error();
  return made;
}

}  // namespace ruvector::bindings
