#include "base/array.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include "base/pages.h"

namespace ruvector::base {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMapFrom = std::size_t{1} << 20;
constexpr std::size_t kMaxBytes = std::numeric_limits<std::size_t>::max() / 4;

bool is_page_backed(std::size_t capacity) { return capacity >= kMapFrom; }

std::size_t rounded_capacity(std::size_t bytes) {
  const std::size_t unit = is_page_backed(bytes) ? page_bytes() : kAlignment;
  return (bytes + unit - 1) / unit * unit;
}

std::byte* allocate(std::size_t capacity) {
  if (is_page_backed(capacity)) return map_pages(capacity);
  return static_cast<std::byte*>(::operator new(capacity, std::align_val_t(kAlignment)));
}

void deallocate(std::byte* data, std::size_t capacity) noexcept {
  if (is_page_backed(capacity)) {
    unmap_pages(data, capacity);
  } else {
    ::operator delete(data, std::align_val_t(kAlignment));
  }
}

}  // namespace

// One allocation with a count of its users (Arrays and handles).
class ArrayBlock {
 public:
  explicit ArrayBlock(std::size_t capacity)
      : capacity_(rounded_capacity(capacity)),
        data_(allocate(capacity_)),
        dirty_(is_page_backed(capacity_) ? 0 : capacity_) {}
  ~ArrayBlock() { deallocate(data_, capacity_); }
  ArrayBlock(const ArrayBlock&) = delete;
  ArrayBlock& operator=(const ArrayBlock&) = delete;

  std::byte* data() const noexcept { return data_; }
  std::size_t capacity() const noexcept { return capacity_; }

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  // True when the asking Array is the only user. The acquire makes the reads of users that have
  // gone happen before our writes; nobody can become a user meanwhile but through the asker.
  bool is_unique() const noexcept { return references_.load(std::memory_order_acquire) == 1; }

  // Claims bytes [from, to) for the asking Array; false when another Array may have got them. Among
  // Arrays that share the block only the first to append at its own end stays in place.
  bool claim(std::size_t from, std::size_t to) noexcept {
    if (to > capacity_) return false;
    if (is_unique()) {
      claimed_.store(to, std::memory_order_relaxed);
    } else if (!claimed_.compare_exchange_strong(from, to, std::memory_order_acq_rel)) {
      return false;
    }
    return true;
  }

  // Zeroes claimed bytes; pages fresh from the kernel are zero and are left untouched.
  void zero(std::size_t from, std::size_t to) noexcept {
    const std::size_t dirty = dirty_.load(std::memory_order_relaxed);
    if (from < dirty) std::memset(data_ + from, 0, std::min(to, dirty) - from);
    if (to > dirty) dirty_.store(to, std::memory_order_relaxed);
  }

  // Copies the first bytes from elsewhere, before any other Array knows the block.
  void fill(const std::byte* source, std::size_t size) noexcept {
    if (size != 0) std::memcpy(data_, source, size);
    dirty_.store(std::max(size, dirty_.load(std::memory_order_relaxed)), std::memory_order_relaxed);
    claimed_.store(size, std::memory_order_relaxed);
  }

  // Moves to another capacity, keeping the first `size` bytes. Only for the only user.
  void reallocate(std::size_t wanted, std::size_t size) {
    const std::size_t capacity = rounded_capacity(wanted);
    if (capacity == capacity_) return;
    if (is_page_backed(capacity) && is_page_backed(capacity_)) {
      const std::size_t dirty = dirty_.load(std::memory_order_relaxed);
      data_ = resize_pages(data_, capacity_, dirty, capacity);
      dirty_.store(std::min(dirty, capacity), std::memory_order_relaxed);
    } else {
      std::byte* data = allocate(capacity);
      if (size != 0) std::memcpy(data, data_, size);
      deallocate(data_, capacity_);
      data_ = data;
      dirty_.store(is_page_backed(capacity) ? size : capacity, std::memory_order_relaxed);
    }
    capacity_ = capacity;
  }

 private:
  std::atomic<std::size_t> references_{1};
  std::atomic<std::size_t> claimed_{0};  // the furthest end of an Array that appended
  std::size_t capacity_;
  std::byte* data_;
  std::atomic<std::size_t> dirty_;  // bytes from here on are zero
};

ArrayStorage::ArrayStorage(std::shared_ptr<const void> owner, const void* data,
                           std::size_t size) noexcept
    : owner_(std::move(owner)), data_(static_cast<const std::byte*>(data)), size_(size) {}

ArrayStorage::ArrayStorage(const ArrayStorage& other) noexcept
    : block_(other.block_), owner_(other.owner_), data_(other.data_), size_(other.size_) {
  if (block_ != nullptr) block_->retain();
}

ArrayStorage::ArrayStorage(ArrayStorage&& other) noexcept { swap(other); }

ArrayStorage& ArrayStorage::operator=(ArrayStorage other) noexcept {
  swap(other);
  return *this;
}

ArrayStorage::~ArrayStorage() {
  if (block_ != nullptr) block_->release();
}

void ArrayStorage::swap(ArrayStorage& other) noexcept {
  std::swap(block_, other.block_);
  std::swap(owner_, other.owner_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
}

std::size_t ArrayStorage::capacity() const noexcept {
  return block_ == nullptr ? 0 : block_->capacity();
}

bool ArrayStorage::is_shared() const noexcept {
  return data_ != nullptr && (block_ == nullptr || !block_->is_unique());
}

std::byte* ArrayStorage::mutable_data() {
  if (is_shared()) {
    move_to_block(std::max(capacity(), size_));
  }
  return block_ == nullptr ? nullptr : block_->data();
}

void ArrayStorage::resize(std::size_t size) {
  if (size > size_) {
    append(size - size_);
  } else {
    size_ = size;
  }
}

std::byte* ArrayStorage::append(std::size_t count) {
  if (count > kMaxBytes - size_) throw std::length_error("array: larger than the address space");
  const std::size_t size = size_ + count;
  if (count == 0) return block_ == nullptr ? nullptr : block_->data() + size_;
  if (block_ == nullptr || !block_->claim(size_, size)) {
    const std::size_t grown = size <= capacity() ? capacity() : capacity() + capacity() / 2;
    move_to_block(std::max(size, grown));
    block_->claim(size_, size);
  }
  std::byte* added = block_->data() + size_;
  block_->zero(size_, size);
  size_ = size;
  return added;
}

void ArrayStorage::reserve(std::size_t capacity) {
  if (capacity > this->capacity()) move_to_block(std::max(capacity, size_));
}

void ArrayStorage::shrink_to_fit() {
  if (block_ == nullptr || !block_->is_unique()) return;
  if (size_ == 0) {
    *this = ArrayStorage();
    return;
  }
  block_->reallocate(size_, size_);
  data_ = block_->data();
}

std::shared_ptr<const void> ArrayStorage::share() const {
  if (block_ == nullptr) return {owner_, data_};
  block_->retain();
  ArrayBlock* block = block_;
  return {static_cast<const void*>(data_), [block](const void*) { block->release(); }};
}

// Makes this the only user of a block of at least `capacity` bytes with the same content.
void ArrayStorage::move_to_block(std::size_t capacity) {
  if (block_ != nullptr && block_->is_unique()) {
    block_->reallocate(capacity, size_);
  } else {
    auto block = std::make_unique<ArrayBlock>(capacity);
    block->fill(data_, size_);
    if (block_ != nullptr) block_->release();
    block_ = block.release();
    owner_.reset();
  }
  data_ = block_->data();
}

}  // namespace ruvector::base
