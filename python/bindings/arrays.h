// Arrays that come from Python, read without a copy, and arrays that go to Python.
// Every class here needs the GIL to be made and destroyed; what it points to may be read without
// it.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ruvector/base/matrix_view.h"
#include "ruvector/index/binary_codes.h"
#include "ruvector/index/types.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// The memory of a NumPy array, a buffer or a DLPack tensor, kept alive and in place.
class Array {
 public:
  // The element types that an argument may have, and the one to convert to: "" if that is unclear.
  struct Wanted {
    const char* types;
    const char* dtype;
  };
  enum class Type { float32, int64, uint64, boolean, uint8, other };

  Array() = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array();

  // False when `source` is no array at all. Throws TypeError for one whose memory cannot be read.
  bool open(nb::handle source, const char* name);

  // Throws TypeError, which says what to call, for another element type or elements that do not lie
  // one after the other; ValueError for another number of dimensions. `wanted` is for messages.
  void require(const char* name, Type type, const Wanted& wanted, std::size_t ndim) const;

  Type type() const { return type_; }
  std::size_t ndim() const { return ndim_; }
  std::size_t shape(std::size_t axis) const { return static_cast<std::size_t>(shape_[axis]); }
  std::string dtype_name() const;
  template <class T>
  const T* data() const {
    return static_cast<const T*>(data_);
  }

 private:
  bool open_buffer(nb::handle source, const char* name);
  bool open_dlpack(nb::handle source, const char* name);
  void require_contiguous(const char* name, const Wanted& wanted) const;

  nb::object source_;
  Py_buffer buffer_{};
  nb::ndarray<nb::ro> tensor_;
  const void* data_ = nullptr;
  Type type_ = Type::other;
  std::size_t itemsize_ = 0;
  std::size_t ndim_ = 0;
  std::vector<std::int64_t> dlpack_shape_;
  const Py_ssize_t* shape_ = nullptr;
  bool contiguous_ = false;
};

// One vector: a float32 array, read in place, or a sequence of Python floats, converted.
class VectorInput {
 public:
  VectorInput(nb::handle source, const char* name);
  std::span<const float> values() const { return values_; }

 private:
  Array array_;
  std::vector<float> converted_;
  std::span<const float> values_;
};

// The rows of a float32 array (n, dim), read in place.
class MatrixInput {
 public:
  MatrixInput(nb::handle source, const char* name);
  MatrixView view() const { return view_; }

 private:
  Array array_;
  MatrixView view_;
};

// Ids: an array of uint64 or of int64 without negatives, read in place, or a sequence of ints.
class IdsInput {
 public:
  IdsInput(nb::handle source, const char* name);
  std::span<const Id> values() const { return values_; }

 private:
  Array array_;
  std::vector<Id> converted_;
  std::span<const Id> values_;
};

// The bytes of a buffer, read in place.
class BytesInput {
 public:
  BytesInput(nb::handle source, const char* name);
  std::span<const std::byte> values() const { return values_; }

 private:
  Array array_;
  std::span<const std::byte> values_;
};

// bool: a mask by slot; uint8: a packed bitmap; uint64 or int64: allowed ids; None: no filter.
class FilterInput {
 public:
  explicit FilterInput(nb::handle source);
  const Filter& filter() const { return filter_; }

 private:
  Array array_;
  Filter filter_;
};

// A read-only NumPy array on memory that `values.owner` keeps.
template <class T>
nb::object to_numpy(const SharedArray<T>& values, std::size_t ndim) {
  auto owner = std::make_unique<std::shared_ptr<const void>>(values.owner);
  nb::capsule capsule(
      owner.get(), [](void* p) noexcept { delete static_cast<std::shared_ptr<const void>*>(p); });
  owner.release();
  const std::size_t shape[] = {values.rows, values.cols};
  const std::size_t stride = values.row_stride == 0 ? values.cols : values.row_stride;
  const std::int64_t strides[] = {static_cast<std::int64_t>(stride), 1};
  return nb::cast(nb::ndarray<nb::numpy, const T>(values.data, ndim, shape, capsule, strides));
}

// A NumPy array that takes over `values`.
template <class T>
nb::object to_numpy(std::vector<T>&& values, std::initializer_list<std::size_t> shape) {
  auto holder = std::make_unique<std::vector<T>>(std::move(values));
  T* data = holder->data();
  nb::capsule owner(holder.get(), [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  holder.release();
  return nb::cast(nb::ndarray<nb::numpy, T>(data, shape.size(), shape.begin(), owner));
}
template <class T>
nb::object to_numpy(std::unique_ptr<T[]> values, std::initializer_list<std::size_t> shape) {
  T* data = values.get();
  nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<T*>(p); });
  values.release();
  return nb::cast(nb::ndarray<nb::numpy, T>(data, shape.size(), shape.begin(), owner));
}

}  // namespace ruvector::bindings
