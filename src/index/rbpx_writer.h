// Writes an index as an .rbpx file of version 2.
// Thread-safe: functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/checksum.h"
#include "index/state.h"

namespace ruvector::index {

// Where the bytes go: appended in rising order, the first ones overwritten at the end.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void reserve(std::uint64_t total) = 0;  // a hint: that many bytes will come
  virtual void append(const void* data, std::size_t size) = 0;
  virtual void patch(std::uint64_t offset, const void* data, std::size_t size) = 0;
};

void write_image(const State& state, ByteSink& sink);

// An image whose first section are the rows, which come before anything else is known.
// Not thread-safe: one thread at a time.
class RowsFirstImage {
 public:
  // Leaves room for the header; `sink` is empty and must outlive this.
  explicit RowsFirstImage(ByteSink& sink);
  void append(const float* values, std::size_t count);
  std::size_t count() const noexcept { return count_; }
  // Everything else of `state`, whose rows are the values so far if it keeps rows.
  void finish(const State& state);

 private:
  ByteSink& sink_;
  base::Checksum checksum_;
  std::size_t count_ = 0;
};

}  // namespace ruvector::index
