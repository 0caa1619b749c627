// Backends that are written in C++, as Python sees them.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "ruvector/lake/backend.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// The base of their Python classes, "_native.NativeBackend". A class for T derives from it and
// adds what only T has.
struct NativeBackend {
  std::shared_ptr<BackendAdapter> backend;
};

template <class T>
struct NativeBackendOf : NativeBackend {
  explicit NativeBackendOf(std::shared_ptr<T> made) : NativeBackend{std::move(made)} {}
  T& get() const { return static_cast<T&>(*backend); }
};

}  // namespace ruvector::bindings
