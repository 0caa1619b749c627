#include "slotted_class.h"

namespace ruvector::bindings {

void SlottedLayout::load(nb::handle module, const char* name, const char* const* fields,
                         std::size_t count) {
  nb::object type = module.attr(name);
  const nb::object members = type.attr("__dict__");
  for (std::size_t i = 0; i < count; ++i) {
    slots_[i] = nb::object(members[fields[i]]).release().ptr();
    set_ = reinterpret_cast<descrsetfunc>(PyType_GetSlot(Py_TYPE(slots_[i]), Py_tp_descr_set));
  }
  class_ = reinterpret_cast<PyTypeObject*>(type.release().ptr());
}

nb::object SlottedLayout::make(PyObject* const* values, std::size_t count) const {
  const nb::object made = nb::steal(PyType_GenericAlloc(class_, 0));
  bool is_complete = made.is_valid();
  for (std::size_t i = 0; i < count; ++i) {
    is_complete =
        is_complete && values[i] != nullptr && set_(slots_[i], made.ptr(), values[i]) == 0;
    Py_XDECREF(values[i]);
  }
  if (!is_complete) nb::raise_python_error();
  return made;
}

}  // namespace ruvector::bindings
