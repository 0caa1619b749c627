// The centroids of lists, ready to be compared with queries by matrix products.
// Thread-safe: const after construction.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ruvector/index/types.h"

namespace ruvector::index {

class CoarseTable {
 public:
  CoarseTable() = default;
  // `centroids` is (lists, dim), `centre` the index's.
  CoarseTable(std::span<const float> centroids, std::span<const float> centre);

  std::size_t list_count() const noexcept { return squares_.size(); }
  std::size_t bytes() const noexcept { return packed_.size() * sizeof(float); }
  // |c_l - c|^2 and <c_l - c, c>.
  float squares(std::size_t list) const noexcept { return squares_[list]; }
  float with_centre(std::size_t list) const noexcept { return with_centre_[list]; }

  // along[q * list_count() + l] = <c_l - c, q - c>; `queries` is (count, dim).
  void compare(const float* queries, std::size_t count, float* along) const;

 private:
  std::vector<float> centre_;
  std::vector<float> packed_;  // (lists, dim) of c_l - c, in panels of gemm
  std::vector<float> squares_;
  std::vector<float> with_centre_;
};

}  // namespace ruvector::index
