// The Arrow C data interface and C stream interface, as published: three structures that programs
// and libraries of one process hand to each other. Stable for ever by their specification.
#pragma once

#include <cstdint>

// The guards are part of the specification: another header of the process may define the same.
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema*);
  int (*get_next)(ArrowArrayStream*, ArrowArray*);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

#endif

namespace ruvector::lake {

// Sole owner of one of the three: moving and releasing as the specification has it.
template <class T>
class ArrowOwner {
 public:
  ArrowOwner() = default;
  // Takes over `*source`, which is left released.
  explicit ArrowOwner(T* source) : value_(*source) { source->release = nullptr; }
  ArrowOwner(ArrowOwner&& other) noexcept : ArrowOwner(&other.value_) {}
  ArrowOwner& operator=(ArrowOwner&&) = delete;
  ~ArrowOwner() { reset(); }

  void reset() noexcept {
    if (value_.release != nullptr) value_.release(&value_);
    value_.release = nullptr;
  }
  bool is_released() const { return value_.release == nullptr; }
  T* get() { return &value_; }
  T* operator->() { return &value_; }
  const T& operator*() const { return value_; }

 private:
  T value_{};
};

}  // namespace ruvector::lake
