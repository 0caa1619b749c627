// The arrays that packed weights consist of, in a fixed order: whoever puts some down takes the
// same ones up again. packed_weights.h keeps them in a file.
// Not thread-safe: one thread at a time per object.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/array.h"

namespace ruvector::embed {

inline constexpr std::size_t kPartAlignment = 64;

// Views of arrays that outlive it.
class Parts {
 public:
  template <class T>
  void put(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    parts_.push_back(std::as_bytes(values));
  }
  template <class T>
  void put(const base::Array<T>& values) {
    put(values.span());
  }
  template <class T>
  void put_value(const T& value) {
    put(std::span<const T>(&value, 1));
  }

  std::span<const std::span<const std::byte>> all() const noexcept { return parts_; }

 private:
  std::vector<std::span<const std::byte>> parts_;
};

// Takes parts up. What it hands out shares the memory of `owner`. Throws EmbedError for a part that
// is not there or has another size than expected.
class PartReader {
 public:
  // The parts are aligned to kPartAlignment.
  PartReader(std::shared_ptr<const void> owner, std::vector<std::span<const std::byte>> parts)
      : owner_(std::move(owner)), parts_(std::move(parts)) {}

  // The next part: `count` elements.
  template <class T>
  base::Array<T> take(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= kPartAlignment);
    const std::span<const std::byte> bytes = next(count, sizeof(T));
    return base::Array<T>::from_mapped(owner_, reinterpret_cast<const T*>(bytes.data()), count);
  }
  template <class T>
  T take_value() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, next(1, sizeof(T)).data(), sizeof(T));
    return value;
  }

  bool empty() const noexcept { return taken_ == parts_.size(); }

 private:
  std::span<const std::byte> next(std::size_t count, std::size_t element_size);

  std::shared_ptr<const void> owner_;
  std::vector<std::span<const std::byte>> parts_;
  std::size_t taken_ = 0;
};

}  // namespace ruvector::embed
