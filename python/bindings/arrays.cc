#include "arrays.h"

#include <cstring>
#include <stdexcept>

#include "gil.h"
#include "numbers.h"

namespace ruvector::bindings {
namespace {

constexpr Array::Wanted kFloats{"float32", "np.float32"};
constexpr Array::Wanted kIds{"uint64 or int64", "np.uint64"};
constexpr Array::Wanted kBytes{"uint8", "np.uint8"};
constexpr Array::Wanted kFilters{
    "bool (a mask by slot), uint64 or int64 (allowed ids) or uint8 (a packed bitmap)", ""};

// The element type that a buffer's struct format and item size name, on a little-endian machine.
Array::Type type_of_format(const char* format, std::size_t itemsize) {
  if (format == nullptr) return Array::Type::uint8;
  if (*format == '@' || *format == '=' || *format == '<') ++format;
  if (std::strlen(format) != 1) return Array::Type::other;
  if (*format == 'f' && itemsize == 4) return Array::Type::float32;
  if (std::strchr("ilqn", *format) != nullptr && itemsize == 8) return Array::Type::int64;
  if (std::strchr("ILQN", *format) != nullptr && itemsize == 8) return Array::Type::uint64;
  if (*format == '?' && itemsize == 1) return Array::Type::boolean;
  if (*format == 'B' && itemsize == 1) return Array::Type::uint8;
  return Array::Type::other;
}

Array::Type type_of_dlpack(nb::dlpack::dtype type) {
  if (type == nb::dtype<float>()) return Array::Type::float32;
  if (type == nb::dtype<std::int64_t>()) return Array::Type::int64;
  if (type == nb::dtype<std::uint64_t>()) return Array::Type::uint64;
  if (type == nb::dtype<bool>()) return Array::Type::boolean;
  if (type == nb::dtype<std::uint8_t>()) return Array::Type::uint8;
  return Array::Type::other;
}

bool is_c_contiguous(const nb::ndarray<nb::ro>& tensor) {
  if (tensor.size() == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t axis = tensor.ndim(); axis-- > 0;) {
    if (tensor.shape(axis) != 1 && tensor.stride(axis) != expected) return false;
    expected *= static_cast<std::int64_t>(tensor.shape(axis));
  }
  return true;
}

std::string conversion(const Array::Wanted& wanted) {
  if (*wanted.dtype == '\0') return "";
  return std::string("; call np.ascontiguousarray(x, dtype=") + wanted.dtype + ")";
}

[[noreturn]] void throw_not_an_array(nb::handle source, const char* name,
                                     const Array::Wanted& wanted) {
  throw nb::type_error((std::string(name) + ": expected an array of " + wanted.types + ", got " +
                        class_name(source) + conversion(wanted))
                           .c_str());
}

// Text and arrays are sequences, too, and neither is a plain sequence of numbers.
bool is_plain_sequence(nb::handle source) {
  return PySequence_Check(source.ptr()) != 0 && !nb::isinstance<nb::str>(source) &&
         !nb::hasattr(source, "dtype");
}

void refuse_negative(const Array& array, const char* name) {
  const ReleasedGil unlocked;
  require_no_negative({array.data<std::int64_t>(), array.shape(0)}, name);
}

}  // namespace

Array::~Array() {
  if (buffer_.obj != nullptr) PyBuffer_Release(&buffer_);
}

bool Array::open(nb::handle source, const char* name) {
  return open_buffer(source, name) || open_dlpack(source, name);
}

bool Array::open_buffer(nb::handle source, const char* name) {
  if (PyObject_CheckBuffer(source.ptr()) == 0) return false;
  source_ = nb::borrow(source);
  if (PyObject_GetBuffer(source.ptr(), &buffer_, PyBUF_RECORDS_RO) != 0) {
    PyErr_Clear();  // NumPy exports no buffer of some element types, such as datetime64.
    throw nb::type_error(
        (std::string(name) + ": cannot read elements of dtype " + dtype_name()).c_str());
  }
  data_ = buffer_.buf;
  itemsize_ = static_cast<std::size_t>(buffer_.itemsize);
  type_ = type_of_format(buffer_.format, itemsize_);
  ndim_ = static_cast<std::size_t>(buffer_.ndim);
  shape_ = buffer_.shape;
  contiguous_ = PyBuffer_IsContiguous(&buffer_, 'C') != 0;
  return true;
}

bool Array::open_dlpack(nb::handle source, const char* name) {
  if (!nb::hasattr(source, "__dlpack__")) return false;
  source_ = nb::borrow(source);
  if (!nb::try_cast(source, tensor_, false)) {
    throw nb::type_error(
        (std::string(name) + ": " + class_name(source) + ".__dlpack__() gave no tensor").c_str());
  }
  if (tensor_.device_type() != nb::device::cpu::value) {
    throw nb::type_error(
        (std::string(name) + ": the tensor is not in the CPU's memory; copy it there first")
            .c_str());
  }
  data_ = tensor_.data();
  itemsize_ = tensor_.itemsize();
  type_ = type_of_dlpack(tensor_.dtype());
  ndim_ = tensor_.ndim();
  static_assert(sizeof(Py_ssize_t) == sizeof(std::int64_t));
  shape_ = reinterpret_cast<const Py_ssize_t*>(tensor_.shape_ptr());
  contiguous_ = is_c_contiguous(tensor_);
  return true;
}

std::string Array::dtype_name() const {
  if (nb::hasattr(source_, "dtype")) return text(source_.attr("dtype"));
  const char* format = buffer_.format == nullptr ? "B" : buffer_.format;
  return std::strcmp(format, "d") == 0 ? "float64" : "'" + std::string(format) + "'";
}

void Array::require_contiguous(const char* name, const Wanted& wanted) const {
  const bool aligned = itemsize_ == 0 || reinterpret_cast<std::uintptr_t>(data_) % itemsize_ == 0;
  if (contiguous_ && aligned) return;
  throw nb::type_error(
      (std::string(name) + ": the array is " +
       (contiguous_ ? "not aligned" : "strided, not C-contiguous") +
       (*wanted.dtype == '\0' ? "; call np.ascontiguousarray(x)" : conversion(wanted)))
          .c_str());
}

void Array::require(const char* name, Type type, const Wanted& wanted, std::size_t ndim) const {
  if (type_ != type) {
    throw nb::type_error((std::string(name) + ": dtype is " + dtype_name() + ", not " +
                          wanted.types + conversion(wanted))
                             .c_str());
  }
  if (ndim_ != ndim) {
    throw std::invalid_argument(std::string(name) + ": has " + std::to_string(ndim_) +
                                " dimensions, not " + std::to_string(ndim));
  }
  require_contiguous(name, wanted);
}

VectorInput::VectorInput(nb::handle source, const char* name) {
  if (array_.open(source, name)) {
    array_.require(name, Array::Type::float32, kFloats, 1);
    values_ = {array_.data<float>(), array_.shape(0)};
    return;
  }
  if (!is_plain_sequence(source)) throw_not_an_array(source, name, kFloats);
  for (nb::handle item : source) converted_.push_back(to_float(item, name));
  values_ = converted_;
}

MatrixInput::MatrixInput(nb::handle source, const char* name) {
  if (!array_.open(source, name)) throw_not_an_array(source, name, kFloats);
  array_.require(name, Array::Type::float32, kFloats, 2);
  view_ = {array_.data<float>(), array_.shape(0), array_.shape(1)};
}

IdsInput::IdsInput(nb::handle source, const char* name) {
  if (array_.open(source, name)) {
    const bool is_signed = array_.type() == Array::Type::int64;
    array_.require(name, is_signed ? Array::Type::int64 : Array::Type::uint64, kIds, 1);
    values_ = {array_.data<Id>(), array_.shape(0)};
    if (is_signed) refuse_negative(array_, name);
    return;
  }
  if (!is_plain_sequence(source)) throw_not_an_array(source, name, kIds);
  for (nb::handle item : source) converted_.push_back(to_unsigned<Id>(item, name));
  values_ = converted_;
}

BytesInput::BytesInput(nb::handle source, const char* name) {
  if (!array_.open(source, name)) throw_not_an_array(source, name, kBytes);
  array_.require(name, Array::Type::uint8, kBytes, 1);
  values_ = {array_.data<std::byte>(), array_.shape(0)};
}

FilterInput::FilterInput(nb::handle source) {
  if (source.is_none()) return;
  if (!array_.open(source, "filter")) throw_not_an_array(source, "filter", kFilters);
  const Array::Type type = array_.type();
  const bool fits = type != Array::Type::other && type != Array::Type::float32;
  array_.require("filter", fits ? type : Array::Type::boolean, kFilters, 1);
  const std::size_t n = array_.shape(0);
  if (type == Array::Type::boolean) filter_ = Mask{{array_.data<std::uint8_t>(), n}};
  if (type == Array::Type::uint8) filter_ = Bitmap{{array_.data<std::uint8_t>(), n}};
  if (type == Array::Type::uint64) filter_ = Ids{{array_.data<Id>(), n}};
  if (type == Array::Type::int64) {
    refuse_negative(array_, "filter");
    filter_ = Ids{{array_.data<Id>(), n}};
  }
}

}  // namespace ruvector::bindings
