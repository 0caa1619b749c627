#include "index/list_order.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "kernels/dispatch.h"

namespace ruvector::index {

ListOrder::ListOrder(const CoarseTable& coarse, const Encoder& encoder, const float* query,
                     const float* along)
    : coarse_(coarse), metric_(encoder.metric()), along_(along), heap_(coarse.list_count()) {
  const kernels::KernelTable& kernel = kernels::active();
  kernel.l2_rows(query, encoder.centre().data(), encoder.dim(), nullptr, 1, &query_squares_);
  if (metric_ == Metric::ip) {
    kernel.dot_rows(query, encoder.centre().data(), encoder.dim(), nullptr, 1, &with_centre_);
    std::array<float, 2> sums;
    kernel.sums(query, encoder.dim(), sums.data());
    inverse_norm_ = sums[1] > 0 ? 1.0F / std::sqrt(sums[1]) : 0.0F;
  }
  const bool ip = metric_ == Metric::ip;
  for (std::size_t list = 0; list < heap_.size(); ++list) {
    const float rank = ip ? -(along_[list] + coarse_.with_centre(list)) : squares(list);
    heap_[list] = {rank, static_cast<std::uint32_t>(list)};
  }
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
}

float ListOrder::squares(std::size_t list) const {
  return std::max(0.0F, query_squares_ + coarse_.squares(list) - 2.0F * along_[list]);
}

float ListOrder::promise(float rank) const {
  return metric_ == Metric::ip ? (rank - with_centre_) * inverse_norm_ : std::sqrt(rank);
}

float ListOrder::reach(float score) const {
  if (score == std::numeric_limits<float>::max()) return std::numeric_limits<float>::infinity();
  if (metric_ == Metric::ip) return score * inverse_norm_;
  return std::sqrt(std::max(0.0F, metric_ == Metric::cosine ? 2.0F * score : score));
}

QueryFrame ListOrder::frame(const PreparedQuery& prepared, std::size_t list) const {
  return prepared.list_frame(squares(list), along_[list], coarse_.squares(list));
}

std::optional<ListOrder::Visit> ListOrder::next() {
  if (heap_.empty()) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
  const auto [rank, list] = heap_.back();
  heap_.pop_back();
  return Visit{list, promise(rank)};
}

}  // namespace ruvector::index
