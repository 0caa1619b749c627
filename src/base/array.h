// Growable contiguous storage with copy on write, for the large tables of an index.
// Copies share one block of memory until one of them writes; a read-only file mapping is a block
// that is never written. Blocks are aligned to 64 bytes; from 1 MiB on they are mapped from the
// kernel and grow by moving pages, so that growing does not hold old and new bytes at once.
//
// Thread safety: as for std::vector (const calls at once, or one writer alone). In addition a
// handle of share(), and a copy of an Array, may be used and dropped by any thread without a lock.
// Errors: std::bad_alloc, std::length_error; the array is then what it was before.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace ruvector::base {

class ArrayBlock;

// Array without its element type: every size is in bytes.
class ArrayStorage {
 public:
  ArrayStorage() noexcept = default;
  ArrayStorage(std::shared_ptr<const void> owner, const void* data, std::size_t size) noexcept;
  ArrayStorage(const ArrayStorage& other) noexcept;
  ArrayStorage(ArrayStorage&& other) noexcept;
  ArrayStorage& operator=(ArrayStorage other) noexcept;
  ~ArrayStorage();

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept;
  bool is_mapped() const noexcept { return block_ == nullptr && data_ != nullptr; }
  bool is_shared() const noexcept;
  std::byte* mutable_data();
  void resize(std::size_t size);
  std::byte* append(std::size_t count);
  void reserve(std::size_t capacity);
  void shrink_to_fit();
  std::shared_ptr<const void> share() const;
  void swap(ArrayStorage& other) noexcept;

 private:
  void move_to_block(std::size_t capacity);

  ArrayBlock* block_ = nullptr;        // counted reference; null when empty or mapped
  std::shared_ptr<const void> owner_;  // of the mapping
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

template <class T>
class Array {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 64);

 public:
  Array() noexcept = default;
  explicit Array(std::size_t size) { resize(size); }

  // An array over `size` elements that belong to `owner`, for instance a MappedFile. It is never
  // written: the first change copies it. `data` must be aligned for T.
  static Array from_mapped(std::shared_ptr<const void> owner, const T* data, std::size_t size) {
    Array array;
    array.storage_ = ArrayStorage(std::move(owner), data, bytes_of(size));
    return array;
  }

  const T* data() const noexcept { return reinterpret_cast<const T*>(storage_.data()); }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }
  std::span<const T> span() const noexcept { return {data(), size()}; }
  std::size_t size() const noexcept { return storage_.size() / sizeof(T); }
  bool empty() const noexcept { return storage_.size() == 0; }
  bool is_mapped() const noexcept { return storage_.is_mapped(); }
  // Whether mutable_data() would copy now.
  bool is_shared() const noexcept { return storage_.is_shared(); }

  // Bytes in use, and bytes allocated (0 for a mapping; a shared block counts in each sharer).
  std::size_t size_bytes() const noexcept { return storage_.size(); }
  std::size_t capacity_bytes() const noexcept { return storage_.capacity(); }

  // The elements for writing. Copies them first when the block is mapped, or is shared with another
  // Array or a handle. Valid until the next call that is not const; fetch it again after share().
  T* mutable_data() { return reinterpret_cast<T*>(storage_.mutable_data()); }

  // New elements are zero. Capacity grows by half; resize to less keeps it.
  void resize(std::size_t size) { storage_.resize(bytes_of(size)); }

  // Adds `count` zeroed elements and returns the first of them: only these may be written through
  // the pointer. Within the capacity this needs no copy even while handles of share() live.
  T* append(std::size_t count) { return reinterpret_cast<T*>(storage_.append(bytes_of(count))); }

  void push_back(T value) { *append(1) = value; }

  // Capacity for exactly `capacity` elements (rounded up to the allocator's unit), never less.
  void reserve(std::size_t capacity) { storage_.reserve(bytes_of(capacity)); }

  // Gives unused capacity back. Does nothing while the block is shared or mapped.
  void shrink_to_fit() { storage_.shrink_to_fit(); }

  // Empties the array and lets go of its block or mapping.
  void clear() noexcept { storage_ = ArrayStorage(); }

  // A handle that keeps the present elements alive, in place and unchanged until it is dropped.
  std::shared_ptr<const void> share() const { return storage_.share(); }

 private:
  static std::size_t bytes_of(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / 4 / sizeof(T)) {
      throw std::length_error("array: " + std::to_string(count) + " elements of " +
                              std::to_string(sizeof(T)) + " bytes exceed the address space");
    }
    return count * sizeof(T);
  }

  ArrayStorage storage_;
};

}  // namespace ruvector::base
