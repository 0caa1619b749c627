// What the makers of A2A values share: new references to small Python objects. They give null, with
// a Python error set, where making one failed. All need the GIL.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ruvector::bindings {

namespace nb = nanobind;

inline PyObject* new_reference(PyObject* object) {
  Py_XINCREF(object);
  return object;
}
inline PyObject* new_bool(bool value) { return new_reference(value ? Py_True : Py_False); }
inline PyObject* new_none() { return new_reference(Py_None); }
inline PyObject* new_bytes(const std::string& bytes) {
  return PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
}
inline PyObject* new_count(const std::optional<std::uint64_t>& count) {
  return count ? PyLong_FromUnsignedLongLong(*count) : new_none();
}
// Text of a peer was checked to be UTF-8; should it not be, a sign stands for what is wrong.
inline PyObject* new_text(const std::string& text) {
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
}

// Of `count` items; make_one(i) gives an nb::object, and may throw.
template <class MakeOne>
nb::object make_tuple_of(std::size_t count, MakeOne make_one) {
  nb::object tuple = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(count)));
  if (!tuple.is_valid()) nb::raise_python_error();
  for (std::size_t i = 0; i < count; ++i) {
    PyTuple_SetItem(tuple.ptr(), static_cast<Py_ssize_t>(i), make_one(i).release().ptr());
  }
  return tuple;
}

inline nb::object to_tuple(const std::vector<std::string>& texts) {
  return make_tuple_of(texts.size(), [&](std::size_t i) {
    PyObject* text = new_text(texts[i]);
    if (text == nullptr) nb::raise_python_error();
    return nb::steal(text);
  });
}

}  // namespace ruvector::bindings
