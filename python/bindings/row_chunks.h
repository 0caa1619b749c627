// Rows that indexes are built from: an iterable of arrays, or one array that stays where it is.
// Made and destroyed with the GIL held.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>

#include "arrays.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/index/binary_codes.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// Whether `source` is an array itself, and not an iterable of arrays.
bool is_array(nb::handle source);

// The arrays that an iterable of the user's gives.
class ChunkReader {
 public:
  // Throws TypeError when `source` is no iterable.
  explicit ChunkReader(nb::handle source);

  // The next array, in place until the next call; called without the GIL. Throws what Python
  // raises, and TypeError or ValueError for what is no float32 array (n, dim).
  std::optional<MatrixView> next();

 private:
  nb::object iterator_;
  std::optional<MatrixInput> chunk_;
};

// The rows of a NumPy array or a buffer where they lie, kept alive for as long as anybody has the
// result. Throws TypeError for a tensor that is no buffer, ValueError for memory that may be
// written to.
SharedArray<float> shared_in_place(nb::handle source, const MatrixInput& rows);

}  // namespace ruvector::bindings
