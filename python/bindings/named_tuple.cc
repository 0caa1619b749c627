#include "named_tuple.h"

namespace ruvector::bindings {

void NamedTupleClass::load(const char* module, const char* name) {
  nb::object type = nb::module_::import_(module).attr(name);
  class_ = reinterpret_cast<PyTypeObject*>(type.release().ptr());
  tuple_new_ = reinterpret_cast<newfunc>(PyType_GetSlot(&PyTuple_Type, Py_tp_new));
}

nb::object NamedTupleClass::make(std::initializer_list<PyObject*> fields) const {
  const nb::object values = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(fields.size())));
  bool is_complete = values.is_valid();
  Py_ssize_t position = 0;
  for (PyObject* field : fields) {
    is_complete = is_complete && field != nullptr;
    if (values.is_valid()) {
      PyTuple_SetItem(values.ptr(), position++, field);
    } else {
      Py_XDECREF(field);
    }
  }
  const nb::object arguments = nb::steal(is_complete ? PyTuple_Pack(1, values.ptr()) : nullptr);
  PyObject* made =
      is_complete && arguments.is_valid() ? tuple_new_(class_, arguments.ptr(), nullptr) : nullptr;
  if (made == nullptr) nb::raise_python_error();
  return nb::steal(made);
}

}  // namespace ruvector::bindings
