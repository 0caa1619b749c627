// Python numbers to C++ numbers, with messages that name the argument. All but the last need the
// GIL.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>

namespace ruvector::bindings {

namespace nb = nanobind;

// str(value), and the name of the class of `value`, for messages.
std::string text(const nb::object& value);
std::string class_name(nb::handle value);

// Throws TypeError when `value` is no int, ValueError outside 0..limit.
std::uint64_t to_unsigned(nb::handle value, const char* name, std::uint64_t limit);

template <class T>
T to_unsigned(nb::handle value, const char* name) {
  return static_cast<T>(to_unsigned(value, name, std::numeric_limits<T>::max()));
}

// None is no value.
template <class T>
std::optional<T> to_optional(nb::handle value, const char* name) {
  if (value.is_none()) return std::nullopt;
  return to_unsigned<T>(value, name);
}

// Throws TypeError when `value` is no real number.
float to_float(nb::handle value, const char* name);
std::optional<float> to_optional_float(nb::handle value, const char* name);

// Throws ValueError that names the first negative value.
void require_no_negative(std::span<const std::int64_t> values, const char* name);

}  // namespace ruvector::bindings
