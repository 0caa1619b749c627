#include "lake/arrow_column.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/float16.h"

namespace ruvector::lake {
namespace {

// More rows or elements than any machine's memory holds; sizes in bytes stay below 2^64.
constexpr std::int64_t kBeyondMemory = std::int64_t{1} << 48;

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw std::invalid_argument("column '" + name + "': " + reason);
}

[[noreturn]] void refuse_row(const std::string& name, std::size_t row, const std::string& reason) {
  refuse(name, "row " + std::to_string(row) + " " + reason);
}

// Where the logical row `rows.begin` lies in the buffers of `array`. Refuses an array that does not
// hold the rows.
std::size_t position_of(const ArrowArray& array, const ArrowRows& rows, const std::string& name) {
  const auto length = static_cast<std::uint64_t>(array.length);
  std::int64_t end = 0;
  if (array.length < 0 || array.offset < 0 || rows.begin > length ||
      rows.count > length - rows.begin ||
      __builtin_add_overflow(array.length, array.offset, &end) || end > kBeyondMemory) {
    refuse(name, "has length " + std::to_string(array.length) + " and offset " +
                     std::to_string(array.offset) + " where " + std::to_string(rows.count) +
                     " rows from row " + std::to_string(rows.begin) + " on are needed");
  }
  return static_cast<std::size_t>(array.offset) + rows.begin;
}

void require_buffers(const ArrowArray& array, std::int64_t count, const std::string& name) {
  if (array.n_buffers != count || array.buffers == nullptr) {
    refuse(name,
           "has " + std::to_string(array.n_buffers) + " buffers, not " + std::to_string(count));
  }
}

const void* buffer_of(const ArrowArray& array, std::size_t index, const std::string& name) {
  const void* buffer = array.buffers[index];
  if (buffer == nullptr) refuse(name, "buffer " + std::to_string(index) + " is missing");
  return buffer;
}

// Position of the first null of `count` values from `begin` on, counted in the buffers.
std::optional<std::size_t> null_among(const ArrowArray& array, std::size_t begin, std::size_t count,
                                      const std::string& name) {
  if (array.null_count == 0) return std::nullopt;
  const auto* bitmap = static_cast<const std::uint8_t*>(array.buffers[0]);
  if (bitmap == nullptr) {
    // -1 is "not counted", and without a bitmap there are none.
    if (array.null_count < 0) return std::nullopt;
    refuse(name, "claims " + std::to_string(array.null_count) + " nulls and has no bitmap of them");
  }
  const std::size_t found = first_null(bitmap, begin, count);
  if (found == count) return std::nullopt;
  return found;
}

template <class T>
bool is_aligned(const void* data) {
  return reinterpret_cast<std::uintptr_t>(data) % alignof(T) == 0;
}

// Reads T wherever it lies; an exporter may hand out memory that came from a file.
template <class T>
T load(const std::byte* data, std::size_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

template <class To>
struct Fresh {
  explicit Fresh(std::size_t count) : values(new To[count]) {}
  SharedArray<To> as(std::size_t rows, std::size_t cols) && {
    const To* data = values.get();
    return {std::shared_ptr<const void>(std::move(values)), data, rows, cols, cols};
  }
  std::unique_ptr<To[]> values;
};

template <class From, class To, class Convert>
SharedArray<To> converted(const std::byte* data, std::size_t rows, std::size_t cols,
                          Convert convert) {
  Fresh<To> fresh(rows * cols);
  for (std::size_t i = 0; i < rows * cols; ++i) fresh.values[i] = convert(load<From>(data, i));
  return std::move(fresh).as(rows, cols);
}

template <class From>
SharedArray<float> converted_to_float(const std::byte* data, std::size_t rows, std::size_t cols) {
  return converted<From, float>(data, rows, cols,
                                [](From value) { return static_cast<float>(value); });
}

template <class T>
SharedArray<T> in_place(const std::byte* data, std::size_t rows, std::size_t cols,
                        const std::shared_ptr<const void>& owner) {
  if (is_aligned<T>(data)) return {owner, reinterpret_cast<const T*>(data), rows, cols, cols};
  return converted<T, T>(data, rows, cols, [](T value) { return value; });
}

template <class T>
void require_no_negative(const std::byte* data, const ArrowRows& rows, const std::string& name) {
  for (std::size_t i = 0; i < rows.count; ++i) {
    const T value = load<T>(data, i);
    if (value < 0) {
      refuse_row(name, rows.first_number + i, "is " + std::to_string(value) + ", below 0");
    }
  }
}

template <class T>
SharedArray<Id> widened(const std::byte* data, const ArrowRows& rows, const std::string& name) {
  if constexpr (std::is_signed_v<T>) require_no_negative<T>(data, rows, name);
  return converted<T, Id>(data, rows.count, 1, [](T value) { return static_cast<Id>(value); });
}

std::size_t width_of(char type) {
  switch (type) {
    case 'c':
    case 'C':
      return 1;
    case 's':
    case 'S':
    case 'e':
      return 2;
    case 'i':
    case 'I':
    case 'f':
      return 4;
    default:
      return 8;
  }
}

std::string_view format_of(const ArrowSchema& schema, const std::string& name) {
  if (schema.format == nullptr) refuse(name, "has no type");
  if (schema.dictionary != nullptr) refuse(name, "is dictionary-encoded; decode it first");
  return schema.format;
}

// The number in "+w:384" or "w:1536" after the prefix.
std::optional<std::size_t> number_after(std::string_view format, std::string_view prefix) {
  if (!format.starts_with(prefix)) return std::nullopt;
  format.remove_prefix(prefix.size());
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(format.data(), format.data() + format.size(), number);
  if (error != std::errc() || end != format.data() + format.size() || number < 0) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(number);
}

}  // namespace

std::size_t first_null(const std::uint8_t* bitmap, std::size_t begin, std::size_t count) {
  const std::size_t end = begin + count;
  std::size_t bit = begin;
  while (bit < end) {
    const std::size_t byte = bit / 8;
    if (bit % 8 == 0 && end - bit >= 8 && bitmap[byte] == 0xff) {
      bit += 8;
      continue;
    }
    if (((bitmap[byte] >> (bit % 8)) & 1) == 0) return bit - begin;
    ++bit;
  }
  return count;
}

void require_no_nulls(const ArrowArray& array, const ArrowRows& rows, const std::string& name) {
  require_buffers(array, 1, name);
  const std::size_t begin = position_of(array, rows, name);
  if (const auto row = null_among(array, begin, rows.count, name)) {
    refuse_row(name, rows.first_number + *row, "is null");
  }
}

ArrowIdColumn::ArrowIdColumn(const ArrowSchema& schema, std::string name)
    : name_(std::move(name)), type_('L') {
  const std::string_view format = format_of(schema, name_);
  if (format.size() != 1 ||
      std::string_view("cCsSiIlL").find(format[0]) == std::string_view::npos) {
    refuse(name_,
           "has the Arrow type '" + std::string(format) + "'; ids are integers of 8 to 64 bits");
  }
  type_ = format[0];
}

SharedArray<Id> ArrowIdColumn::read(const ArrowArray& column, const ArrowRows& rows,
                                    const std::shared_ptr<const void>& owner) const {
  require_buffers(column, 2, name_);
  const std::size_t begin = position_of(column, rows, name_);
  if (const auto row = null_among(column, begin, rows.count, name_)) {
    refuse_row(name_, rows.first_number + *row, "is null");
  }
  const auto* data =
      static_cast<const std::byte*>(buffer_of(column, 1, name_)) + begin * width_of(type_);
  switch (type_) {
    case 'c':
      return widened<std::int8_t>(data, rows, name_);
    case 'C':
      return widened<std::uint8_t>(data, rows, name_);
    case 's':
      return widened<std::int16_t>(data, rows, name_);
    case 'S':
      return widened<std::uint16_t>(data, rows, name_);
    case 'i':
      return widened<std::int32_t>(data, rows, name_);
    case 'I':
      return widened<std::uint32_t>(data, rows, name_);
    case 'l':
      require_no_negative<std::int64_t>(data, rows, name_);
      [[fallthrough]];
    default:
      return in_place<Id>(data, rows.count, 1, owner);
  }
}

// The values of consecutive rows, one after the other.
struct ArrowVectorColumn::Elements {
  const ArrowArray* array;  // that holds them
  std::size_t begin;        // the first one's logical place there
  std::size_t dim;
};

ArrowVectorColumn::ArrowVectorColumn(const ArrowSchema& schema, std::string name)
    : name_(std::move(name)), layout_(Layout::list) {
  const std::string_view format = format_of(schema, name_);
  if (const auto bytes = number_after(format, "w:")) {
    if (*bytes % sizeof(float) != 0) {
      refuse(name_, "holds binaries of " + std::to_string(*bytes) +
                        " bytes, which is no number of float32");
    }
    layout_ = Layout::fixed_binary;
    fixed_dim_ = *bytes / sizeof(float);
    require_dim(fixed_dim_, 0, 0);
    return;
  }
  if (const auto length = number_after(format, "+w:")) {
    layout_ = Layout::fixed_list;
    fixed_dim_ = *length;
    require_dim(fixed_dim_, 0, 0);
  } else if (format == "+l" || format == "+L") {
    layout_ = format == "+l" ? Layout::list : Layout::large_list;
  } else {
    refuse(name_, "has the Arrow type '" + std::string(format) +
                      "'; vectors are fixed-size lists, lists or large lists of numbers, or "
                      "fixed-size binaries of float32");
  }
  if (schema.n_children != 1 || schema.children == nullptr || schema.children[0] == nullptr) {
    refuse(name_, "has " + std::to_string(schema.n_children) + " types of elements, not 1");
  }
  const std::string_view element = format_of(*schema.children[0], name_);
  if (element.size() != 1 || std::string_view("fegcC").find(element[0]) == std::string_view::npos) {
    refuse(name_, "has elements of the Arrow type '" + std::string(element) +
                      "'; they are float32, float16, float64, int8 or uint8");
  }
  type_ = element[0];
}

void ArrowVectorColumn::require_dim(std::size_t dim, std::size_t expected, std::size_t row) const {
  if (expected != 0 && dim != expected) {
    refuse_row(name_, row,
               "has " + std::to_string(dim) + " dimensions, not " + std::to_string(expected));
  }
  if (dim < 1 || dim > kMaxDim) {
    refuse(name_, "has " + std::to_string(dim) + " dimensions, not 1.." + std::to_string(kMaxDim));
  }
}

template <class Offset>
ArrowVectorColumn::Elements ArrowVectorColumn::listed_elements(const ArrowArray& column,
                                                               const ArrowRows& rows) const {
  const std::size_t begin = position_of(column, rows, name_);
  const auto* offsets = static_cast<const std::byte*>(buffer_of(column, 1, name_));
  const Offset first = load<Offset>(offsets, begin);
  Offset last = first;
  std::size_t dim = 0;
  for (std::size_t i = 0; i < rows.count; ++i) {
    const Offset next = load<Offset>(offsets, begin + i + 1);
    if (last < 0 || next < last) {
      refuse_row(name_, rows.first_number + i,
                 "goes from element " + std::to_string(last) + " to " + std::to_string(next));
    }
    const auto length = static_cast<std::size_t>(next - last);
    require_dim(length, dim, rows.first_number + i);
    dim = length;
    last = next;
  }
  return {column.children[0], static_cast<std::size_t>(first), dim};
}

ArrowVectorColumn::Elements ArrowVectorColumn::elements_of(const ArrowArray& column,
                                                           const ArrowRows& rows) const {
  if (layout_ == Layout::fixed_binary) {
    const std::size_t begin = position_of(column, rows, name_);
    return {&column, begin, fixed_dim_};
  }
  if (column.n_children != 1 || column.children == nullptr || column.children[0] == nullptr) {
    refuse(name_, "has " + std::to_string(column.n_children) + " arrays of elements, not 1");
  }
  if (layout_ == Layout::list) return listed_elements<std::int32_t>(column, rows);
  if (layout_ == Layout::large_list) return listed_elements<std::int64_t>(column, rows);
  const std::size_t begin = position_of(column, rows, name_) * fixed_dim_;
  return {column.children[0], begin, fixed_dim_};
}

SharedArray<float> ArrowVectorColumn::read(const ArrowArray& column, const ArrowRows& rows,
                                           std::size_t dim,
                                           const std::shared_ptr<const void>& owner) const {
  const bool has_offsets = layout_ == Layout::list || layout_ == Layout::large_list;
  const bool is_binary = layout_ == Layout::fixed_binary;
  require_buffers(column, has_offsets || is_binary ? 2 : 1, name_);
  const std::size_t place = position_of(column, rows, name_);
  if (const auto row = null_among(column, place, rows.count, name_)) {
    refuse_row(name_, rows.first_number + *row, "is null");
  }
  const Elements elements = elements_of(column, rows);
  require_dim(elements.dim, dim, rows.first_number);
  if (is_binary) {
    const auto* data = static_cast<const std::byte*>(buffer_of(column, 1, name_)) +
                       elements.begin * elements.dim * sizeof(float);
    return in_place<float>(data, rows.count, elements.dim, owner);
  }
  const ArrowRows values{elements.begin, rows.count * elements.dim, 0};
  const std::string element_name = name_ + ".item";
  require_buffers(*elements.array, 2, element_name);
  const std::size_t begin = position_of(*elements.array, values, element_name);
  if (const auto null = null_among(*elements.array, begin, values.count, element_name)) {
    refuse_row(name_, rows.first_number + *null / elements.dim,
               "has a null at dimension " + std::to_string(*null % elements.dim));
  }
  const auto* data = static_cast<const std::byte*>(buffer_of(*elements.array, 1, element_name)) +
                     begin * width_of(type_);
  switch (type_) {
    case 'e':
      return converted<std::uint16_t, float>(data, rows.count, elements.dim, base::half_to_float);
    case 'g':
      return converted_to_float<double>(data, rows.count, elements.dim);
    case 'c':
      return converted_to_float<std::int8_t>(data, rows.count, elements.dim);
    case 'C':
      return converted_to_float<std::uint8_t>(data, rows.count, elements.dim);
    default:
      return in_place<float>(data, rows.count, elements.dim, owner);
  }
}

}  // namespace ruvector::lake
