// A read-only view of row-major float32 rows that someone else owns.
// Thread-safe: a view is a value; the memory it points to must not change while it is in use.
#pragma once

#include <cstddef>
#include <span>

namespace ruvector {

struct MatrixView {
  const float* data = nullptr;  // rows * cols floats, row after row, no gaps
  std::size_t rows = 0;
  std::size_t cols = 0;

  std::span<const float> row(std::size_t i) const { return {data + i * cols, cols}; }
};

}  // namespace ruvector
