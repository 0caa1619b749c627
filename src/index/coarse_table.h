// The centroids of lists, ready to be compared with queries: roughly all of them at once, by
// products of bytes that say which lists come first, and exactly those that are visited.
// Thread-safe: const after construction.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/array.h"
#include "index/byte_panels.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

class CoarseTable {
 public:
  CoarseTable() = default;
  // `centroids` is (lists, dim), `centre` the index's.
  CoarseTable(std::span<const float> centroids, std::span<const float> centre);

  std::size_t list_count() const noexcept { return squares_.size(); }
  std::size_t bytes() const noexcept;
  // |c_l - c|^2 and <c_l - c, c>.
  float squares(std::size_t list) const noexcept { return squares_[list]; }
  float with_centre(std::size_t list) const noexcept { return with_centre_[list]; }

  // products[q * list_count() + l] = <c_l - c, q - c>; `queries` is (count, dim).
  void compare(const float* queries, std::size_t count, float* products) const;
  // The same, off by some thousandths of |c_l - c| |q - c| / sqrt(dim), several times as fast: both
  // sides are rounded to bytes.
  void estimate(const float* queries, std::size_t count, float* products) const;

  // moved[d] = query[d] - c[d], and <c_l - c, moved> of one list.
  void move(const float* query, float* moved) const;
  float product(std::size_t list, const float* moved) const;
  // Asks for the memory that product() reads.
  void fetch(std::size_t list) const;

 private:
  std::size_t columns() const;  // of all panels
  void pack();

  std::vector<float> centre_;
  std::vector<float> squares_;
  std::vector<float> with_centre_;
  base::Array<float> moved_;   // (lists, dim) of c_l - c
  base::Array<float> packed_;  // the same in panels of gemm
  BytePanels bytes_;
};

}  // namespace ruvector::index
