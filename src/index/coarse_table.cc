#include "index/coarse_table.h"

#include <array>

#include "kernels/dispatch.h"

namespace ruvector::index {

CoarseTable::CoarseTable(std::span<const float> centroids, std::span<const float> centre)
    : centre_(centre.begin(), centre.end()),
      squares_(centroids.size() / centre.size()),
      with_centre_(squares_.size()) {
  const kernels::KernelTable& kernel = kernels::active();
  const std::size_t dim = centre.size();
  const std::size_t panels = (list_count() + kernels::kPanelColumns - 1) / kernels::kPanelColumns;
  packed_.resize(panels * dim * kernels::kPanelColumns);
  std::vector<float> moved(dim);
  for (std::size_t list = 0; list < list_count(); ++list) {
    for (std::size_t d = 0; d < dim; ++d) moved[d] = centroids[list * dim + d] - centre[d];
    std::array<float, 2> sums;
    kernel.sums(moved.data(), dim, sums.data());
    squares_[list] = sums[1];
    kernel.dot_rows(centre.data(), moved.data(), dim, nullptr, 1, &with_centre_[list]);
    float* column = &packed_[list / kernels::kPanelColumns * dim * kernels::kPanelColumns +
                             list % kernels::kPanelColumns];
    for (std::size_t d = 0; d < dim; ++d) column[d * kernels::kPanelColumns] = moved[d];
  }
}

void CoarseTable::compare(const float* queries, std::size_t count, float* along) const {
  const std::size_t dim = centre_.size();
  std::vector<float> moved(count * dim);
  for (std::size_t q = 0; q < count; ++q) {
    for (std::size_t d = 0; d < dim; ++d) moved[q * dim + d] = queries[q * dim + d] - centre_[d];
  }
  kernels::active().gemm(moved.data(), dim, count, packed_.data(), list_count(), dim, along,
                         list_count());
}

}  // namespace ruvector::index
