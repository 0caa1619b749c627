#include "index/list_order.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <span>

#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kSample = 64;
constexpr std::size_t kFirstGathered = 32;  // about so many lists
constexpr std::size_t kGrowth = 4;          // of those that are below the limit

}  // namespace

ListOrder::ListOrder(const CoarseTable& coarse, const Encoder& encoder, const float* query,
                     const float* products)
    : coarse_(coarse),
      metric_(encoder.metric()),
      moved_(encoder.dim()),
      ranks_(coarse.list_count()) {
  const kernels::KernelTable& kernel = kernels::active();
  coarse_.move(query, moved_.data());
  std::array<float, 2> sums;
  kernel.sums(moved_.data(), moved_.size(), sums.data());
  query_squares_ = sums[1];
  if (metric_ == Metric::ip) {
    kernel.dot_rows(query, encoder.centre().data(), encoder.dim(), nullptr, 1, &with_centre_);
    kernel.sums(query, encoder.dim(), sums.data());
    inverse_norm_ = sums[1] > 0 ? 1.0F / std::sqrt(sums[1]) : 0.0F;
  }
  for (std::size_t list = 0; list < ranks_.size(); ++list) {
    ranks_[list] = metric_ == Metric::ip
                       ? -(products[list] + coarse_.with_centre(list))
                       : query_squares_ + coarse_.squares(list) - 2.0F * products[list];
  }
}

float ListOrder::promise(float rank) const {
  if (metric_ == Metric::ip) return (rank - with_centre_) * inverse_norm_;
  return std::sqrt(std::max(0.0F, rank));
}

float ListOrder::spread() const {
  double sum = 0;
  for (const float rank : ranks_) sum += promise(rank);
  const float first = promise(*std::min_element(ranks_.begin(), ranks_.end()));
  return static_cast<float>(sum / static_cast<double>(ranks_.size())) - first;
}

float ListOrder::reach(float score) const {
  if (score == std::numeric_limits<float>::max()) return std::numeric_limits<float>::infinity();
  if (metric_ == Metric::ip) return score * inverse_norm_;
  return std::sqrt(std::max(0.0F, metric_ == Metric::cosine ? 2.0F * score : score));
}

QueryFrame ListOrder::frame(const PreparedQuery& prepared, std::size_t list) const {
  const float along = coarse_.product(list, moved_.data());
  const float squares = query_squares_ + coarse_.squares(list) - 2.0F * along;
  return prepared.list_frame(std::max(0.0F, squares), along, coarse_.squares(list));
}

std::optional<ListOrder::Visit> ListOrder::next() {
  while (heap_.empty() && share_ < kSample) gather();
  if (heap_.empty()) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
  const auto [rank, list] = heap_.back();
  heap_.pop_back();
  return Visit{list, promise(rank)};
}

std::optional<std::size_t> ListOrder::coming() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().second;
}

// Raises the limit, by an even sample of the ranks, and puts what is below it now into the heap.
void ListOrder::gather() {
  const std::size_t count = ranks_.size();
  share_ = share_ == 0 ? kFirstGathered * kSample / count + 1 : kGrowth * share_;
  const bool is_last = share_ >= kSample || count < kSample;
  if (is_last) share_ = kSample;
  const float before = limit_;
  if (!is_last) {
    std::array<float, kSample> sample;
    for (std::size_t i = 0; i < kSample; ++i) sample[i] = ranks_[i * count / kSample];
    const auto nth = sample.begin() + static_cast<std::ptrdiff_t>(share_ - 1);
    std::nth_element(sample.begin(), nth, sample.end());
    limit_ = *nth;
  }
  if (is_last) {
    for (std::size_t list = 0; list < count; ++list) {
      if (!(ranks_[list] <= before)) heap_.emplace_back(ranks_[list], list);
    }
  } else {
    below_.resize(count);
    const std::size_t gathered =
        kernels::active().select_between(ranks_.data(), count, before, limit_, below_.data());
    for (const std::uint32_t list : std::span(below_).first(gathered)) {
      heap_.emplace_back(ranks_[list], list);
    }
  }
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
}

}  // namespace ruvector::index
