#include "numbers.h"

#include <stdexcept>

namespace ruvector::bindings {

std::string text(const nb::object& value) { return nb::str(value).c_str(); }

std::string class_name(nb::handle value) { return text(value.type().attr("__name__")); }

std::uint64_t to_unsigned(nb::handle value, const char* name, std::uint64_t limit) {
  PyObject* number = PyNumber_Index(value.ptr());
  if (number == nullptr) {
    PyErr_Clear();
    throw nb::type_error(
        (std::string(name) + ": expected an int, got " + class_name(value)).c_str());
  }
  const nb::object owner = nb::steal(number);
  const std::uint64_t result = PyLong_AsUnsignedLongLong(number);
  const bool overflow = result == std::numeric_limits<std::uint64_t>::max() && PyErr_Occurred();
  if (overflow) PyErr_Clear();
  if (overflow || result > limit) {
    throw std::invalid_argument(std::string(name) + ": " + text(owner) + " is outside 0.." +
                                std::to_string(limit));
  }
  return result;
}

float to_float(nb::handle value, const char* name) {
  const double result = PyFloat_AsDouble(value.ptr());
  if (result == -1.0 && PyErr_Occurred()) {
    PyErr_Clear();
    throw nb::type_error(
        (std::string(name) + ": expected a float, got " + class_name(value)).c_str());
  }
  return static_cast<float>(result);
}

std::optional<float> to_optional_float(nb::handle value, const char* name) {
  if (value.is_none()) return std::nullopt;
  return to_float(value, name);
}

void require_no_negative(std::span<const std::int64_t> values, const char* name) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0) continue;
    throw std::invalid_argument(std::string(name) + ": " + std::to_string(values[i]) +
                                " at position " + std::to_string(i) +
                                " is negative, and ids are unsigned");
  }
}

}  // namespace ruvector::bindings
