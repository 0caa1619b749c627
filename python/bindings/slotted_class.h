// Objects of Python's frozen dataclasses with slots, made natively: their own __init__ is written
// in Python and sets each field by a call. Allocating the object and writing its slots takes a
// tenth of a microsecond.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <cstddef>

namespace ruvector::bindings {

namespace nb = nanobind;

// The class, and how its slots are written. Never gives the Python class back: the interpreter may
// be gone when static objects die. All needs the GIL.
class SlottedLayout {
 public:
  static constexpr std::size_t kMaxFields = 20;

  // Finds the slots called `fields` of `module`.`name`. Throws what Python raises when there are
  // others.
  void load(nb::handle module, const char* name, const char* const* fields, std::size_t count);
  // `values` are new references in the order of the fields, or null where making one failed; takes
  // them over. Throws what Python raises.
  nb::object make(PyObject* const* values, std::size_t count) const;

  nb::handle type() const { return reinterpret_cast<PyObject*>(class_); }

 private:
  PyTypeObject* class_ = nullptr;
  descrsetfunc set_ = nullptr;
  std::array<PyObject*, kMaxFields> slots_{};
};

// A class of N fields.
template <std::size_t N>
class SlottedClass {
  static_assert(N <= SlottedLayout::kMaxFields);

 public:
  void load(nb::handle module, const char* name, const std::array<const char*, N>& fields) {
    layout_.load(module, name, fields.data(), N);
  }
  template <class... Values>
  nb::object make(Values... values) const {
    static_assert(sizeof...(Values) == N, "a value for each field");
    const std::array<PyObject*, N> references{values...};
    return layout_.make(references.data(), N);
  }
  nb::handle type() const { return layout_.type(); }

 private:
  SlottedLayout layout_;
};

}  // namespace ruvector::bindings
