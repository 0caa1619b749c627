// Vectors rounded to bytes, to be multiplied with many others at once: several times as fast as
// float32, and off by some thousandths of both lengths / sqrt(dim).
// Thread-safe: const after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/array.h"
#include "kernels/kernels.h"

namespace ruvector::index {

class BytePanels {
 public:
  // The vectors of the other side, each with a scale of its own.
  struct Rounded {
    std::vector<float> rows;  // (count, depth), times a power of two
    std::vector<std::uint8_t> bytes;
    std::vector<kernels::ByteScale> scales;
    std::vector<float> inverses;  // of the powers of two
  };

  BytePanels() = default;
  // `vectors` is (count, dim), row-major; values are finite.
  BytePanels(std::span<const float> vectors, std::size_t dim);

  std::size_t count() const noexcept { return count_; }
  std::size_t bytes() const noexcept;
  // |v - w| of a vector v and what its bytes stand for, w.
  float error(std::size_t vector) const noexcept { return errors_.data()[vector]; }

  // `rows` is (count, dim), finite.
  void round(const float* rows, std::size_t count, Rounded& out) const;
  // The same distance of row `row`; uses out.rows.
  float error_of(Rounded& rounded, std::size_t row) const;
  // About <row r, vector first + c> for c < columns, as products[r * stride + c] times
  // rounded.inverses[r]. `first` is a multiple of kPanelColumns.
  void multiply(const Rounded& rounded, std::size_t first, std::size_t columns, float* products,
                std::size_t stride) const;

 private:
  std::size_t dim_ = 0;
  std::size_t depth_ = 0;  // dimensions in whole groups, as gemm_bytes wants them
  std::size_t count_ = 0;
  base::Array<std::int8_t> bytes_;
  base::Array<float> scales_;
  base::Array<std::int32_t> sums_;
  base::Array<float> errors_;
};

}  // namespace ruvector::index
