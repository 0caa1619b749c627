#include "index/funnel.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kRefineAtOnce = 128;
constexpr std::size_t kExactAtOnce = 16;
constexpr std::size_t kManyWaiting = 1U << 16U;
constexpr float kNothing = std::numeric_limits<float>::lowest();

std::size_t kept(const CascadeParams& params) {
  return params.budget > 0 ? params.budget : params.k;
}

FinalStage last_stage(const CascadeSource& source, const CascadeParams& params) {
  if (params.budget == 0) return params.final_stage;
  return source.codes->shape().refine_bits != 0 ? FinalStage::refine : FinalStage::precise;
}

}  // namespace

Funnel::Funnel(const CascadeSource& source, const PreparedQuery& prepared, const float* query,
               const CascadeParams& params, SharedThreshold* shared)
    : source_(source),
      prepared_(prepared),
      stage_(last_stage(source, params)),
      refines_(source.codes->shape().refine_bits != 0 &&
               (stage_ == FinalStage::refine || stage_ == FinalStage::exact)),
      first_helping_(std::max<std::size_t>(24, kept(params) + kept(params) / 4)),
      scorer_(source.rows, query),
      // With a budget the estimates may lie above the radius where the exact scores do not.
      top_(kept(params), params.budget > 0 ? std::numeric_limits<float>::max() : params.radius),
      shared_(shared) {}

float Funnel::threshold() const {
  const float own = top_.threshold();
  if (shared_ == nullptr) return own;
  return std::min(own, shared_->load(std::memory_order_relaxed));
}

void Funnel::take(std::uint32_t* slots, float* bounds, std::size_t count) {
  if (count == 0) return;
  if (stage_ == FinalStage::scan) {
    for (std::size_t i = 0; i < count; ++i) bounds[i] = prepared_.score(bounds[i]);
    push(slots, bounds, bounds, count);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) bounds[i] = prepared_.lower_bound(bounds[i]);
  const std::size_t done = best_first(slots, bounds, count);
  const std::size_t left = drop_hopeless(slots + done, bounds + done, count - done);
  if (waiting_slots_.size() + left > kManyWaiting) {
    waiting_slots_.resize(
        drop_hopeless(waiting_slots_.data(), waiting_bounds_.data(), waiting_slots_.size()));
    waiting_bounds_.resize(waiting_slots_.size());
  }
  waiting_slots_.insert(waiting_slots_.end(), slots + done, slots + done + left);
  waiting_bounds_.insert(waiting_bounds_.end(), bounds + done, bounds + done + left);
}

void Funnel::take_waiting() {
  std::uint32_t* slots = waiting_slots_.data();
  float* bounds = waiting_bounds_.data();
  std::size_t count = drop_hopeless(slots, bounds, waiting_slots_.size());
  const std::size_t done = best_first(slots, bounds, count);
  count = done + drop_hopeless(slots + done, bounds + done, count - done);
  sharpen(slots + done, bounds + done, count - done, false);
  waiting_slots_.clear();
  waiting_bounds_.clear();
}

void Funnel::take_unscanned(std::span<const std::uint32_t> slots) {
  const std::vector<float> bounds(slots.size(), kNothing);
  sharpen(slots.data(), bounds.data(), slots.size(), false);
}

void Funnel::take_exact(std::span<const std::uint32_t> slots) {
  std::vector<float> scores(slots.size());
  scorer_.score(slots.data(), slots.size(), scores.data());
  stats.rows_read += slots.size();
  push(slots.data(), scores.data(), scores.data(), slots.size());
}

std::size_t Funnel::drop_hopeless(std::uint32_t* slots, float* bounds, std::size_t count) const {
  const float limit = threshold();
  std::size_t left = 0;
  for (std::size_t i = 0; i < count; ++i) {
    slots[left] = slots[i];
    bounds[left] = bounds[i];
    left += bounds[i] <= limit ? 1 : 0;
  }
  return left;
}

// Finishes the most promising of a chunk, which lowers the threshold for the rest. Returns how
// many; they have been moved to the front.
std::size_t Funnel::best_first(std::uint32_t* slots, float* bounds, std::size_t count) {
  if (count <= 2 * first_helping_) return 0;
  order_.assign(bounds, bounds + count);
  const auto nth = order_.begin() + static_cast<std::ptrdiff_t>(first_helping_);
  std::nth_element(order_.begin(), nth, order_.end());
  const float cut = *nth;
  std::size_t front = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (bounds[i] >= cut) continue;
    std::swap(slots[i], slots[front]);
    std::swap(bounds[i], bounds[front]);
    ++front;
  }
  sharpen(slots, bounds, front, true);
  return front;
}

// The second stage: replaces bounds by better ones, or estimates, and passes on what can still win.
void Funnel::sharpen(const std::uint32_t* slots, const float* bounds, std::size_t count,
                     bool sorted) {
  std::array<float, kRefineAtOnce> estimates;
  std::array<float, kRefineAtOnce> better;
  std::array<std::uint32_t, kRefineAtOnce> left_slots;
  for (std::size_t i = 0; i < count; i += kRefineAtOnce) {
    const std::size_t n = std::min(kRefineAtOnce, count - i);
    if (stage_ == FinalStage::precise) {
      const kernels::ScanCodes codes = source_.codes->scan_codes();
      for (std::size_t j = 0; j < n; ++j) {
        estimates[j] = prepared_.score(prepared_.precise_estimate(codes, slots[i + j]));
      }
      push(slots + i, bounds + i, estimates.data(), n);
      continue;
    }
    if (refines_) {
      kernels::active().refine(source_.codes->refine_codes(), prepared_.refine_query(), slots + i,
                               n, estimates.data(), better.data());
      stats.codes_refined += n;
    }
    if (stage_ == FinalStage::refine) {
      for (std::size_t j = 0; j < n; ++j) estimates[j] = prepared_.score(estimates[j]);
      push(slots + i, bounds + i, estimates.data(), n);
      continue;
    }
    const float limit = threshold();
    std::size_t left = 0;
    for (std::size_t j = 0; j < n; ++j) {
      float bound = bounds[i + j];
      if (refines_) bound = std::max(bound, prepared_.lower_bound(better[j]));
      left_slots[left] = slots[i + j];
      better[left] = bound;
      left += bound <= limit ? 1 : 0;
    }
    finish(left_slots.data(), better.data(), left, sorted);
  }
}

// The last stage: exact scores, nearest bounds first when `sorted`.
void Funnel::finish(std::uint32_t* slots, float* bounds, std::size_t count, bool sorted) {
  if (sorted) {
    std::array<std::pair<float, std::uint32_t>, kRefineAtOnce> order;
    for (std::size_t i = 0; i < count; ++i) order[i] = {bounds[i], slots[i]};
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count));
    for (std::size_t i = 0; i < count; ++i) std::tie(bounds[i], slots[i]) = order[i];
  }
  std::array<float, kExactAtOnce> scores;
  while (count > 0) {
    count = drop_hopeless(slots, bounds, count);
    const std::size_t n = std::min(kExactAtOnce, count);
    scorer_.score(slots, n, scores.data());
    stats.rows_read += n;
    push(slots, bounds, scores.data(), n);
    slots += n;
    bounds += n;
    count -= n;
  }
}

void Funnel::push(const std::uint32_t* slots, const float* bounds, const float* scores,
                  std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float key = std::max(scores[i], bounds[i]);
    if (key <= top_.threshold()) top_.push({key, scores[i], source_.rows.ids[slots[i]], slots[i]});
  }
  if (shared_ == nullptr) return;
  const float own = top_.threshold();
  float lowest = shared_->load(std::memory_order_relaxed);
  while (own < lowest && !shared_->compare_exchange_weak(lowest, own, std::memory_order_relaxed)) {
  }
}

}  // namespace ruvector::index
