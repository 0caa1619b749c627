// Writes an index as an .rbpx file of version 2.
// Thread-safe: functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>

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

}  // namespace ruvector::index
