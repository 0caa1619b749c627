#include "index/funnel.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kRefineAtOnce = 128;
constexpr std::size_t kExactAtOnce = 16;
// In helpings. Lists come in the order of their promise, so that the best of one are worth
// finishing before the rest of it much sooner than the best of any codes.
constexpr std::size_t kWorthHelping = 16;
constexpr std::size_t kWorthHelpingInList = 2;
constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kSample = 64;
constexpr std::size_t kSpareWaiting = 64;
constexpr std::size_t kLargestSpare = 1U << 17U;  // slots; what a search of millions took is freed
constexpr std::size_t kManyWaiting = 1U << 16U;
constexpr float kNothing = std::numeric_limits<float>::lowest();

std::size_t kept(const CascadeParams& params) {
  return params.budget > 0 ? params.budget : params.k;
}

// Per thread, for funnels to come; a batch has some tens at once.
std::vector<std::unique_ptr<Waiting>>& spare_waiting() {
  thread_local std::vector<std::unique_ptr<Waiting>> spare = [] {
    std::vector<std::unique_ptr<Waiting>> reserved;
    reserved.reserve(kSpareWaiting);
    return reserved;
  }();
  return spare;
}

Waiting* borrow_waiting() {
  auto& spare = spare_waiting();
  if (spare.empty()) return new Waiting;
  Waiting* waiting = spare.back().release();
  spare.pop_back();
  return waiting;
}

FinalStage last_stage(const CascadeSource& source, const CascadeParams& params) {
  if (params.budget == 0) return params.final_stage;
  return source.codes->shape().refine_bits != 0 ? FinalStage::refine : FinalStage::precise;
}

}  // namespace

void ReturnWaiting::operator()(Waiting* waiting) const noexcept {
  std::unique_ptr<Waiting> owned(waiting);
  auto& spare = spare_waiting();
  owned->scanned.count = 0;
  owned->lined_up.clear();
  const std::size_t held =
      owned->scanned.slots.size() + owned->chosen.slots.size() + owned->lined_up.capacity();
  if (spare.size() == kSpareWaiting || held > kLargestSpare) return;
  spare.push_back(std::move(owned));  // within its capacity
}

Funnel::Funnel(const CascadeSource& source, const PreparedQuery& prepared, const float* query,
               const CascadeParams& params, SharedThreshold* shared)
    : source_(source),
      prepared_(prepared),
      list_filter_(source.slots != nullptr && params.filter != nullptr &&
                           !params.filter->everything()
                       ? params.filter
                       : nullptr),
      frame_(prepared.frame()),
      stage_(last_stage(source, params)),
      refines_(source.codes->shape().refine_bits != 0 &&
               (stage_ == FinalStage::refine || stage_ == FinalStage::exact)),
      helping_(std::max<std::size_t>(24, kept(params) + kept(params) / 4)),
      worth_helping_(kWorthHelping * helping_),
      next_helping_at_(worth_helping_),
      scorer_(source.rows, query),
      // With a budget the estimates may lie above the radius where the exact scores do not.
      top_(kept(params), params.budget > 0 ? std::numeric_limits<float>::max() : params.radius),
      shared_(shared),
      waiting_(borrow_waiting()) {}

float Funnel::threshold() const {
  const float own = top_.threshold();
  if (shared_ == nullptr) return own;
  return std::min(own, shared_->load(std::memory_order_relaxed));
}

void Funnel::enter_list(const QueryFrame& frame) {
  frame_ = frame;
  // Once there is a threshold, that of the next list lowers it little.
  worth_helping_ = top_.missing() > 0 ? kWorthHelpingInList * helping_ : kNever;
  next_helping_at_ = kNever;  // a list is one take
}

void Funnel::take(std::uint32_t* lanes, float* bounds, std::size_t count, std::size_t scanned) {
  stats.codes_scanned += scanned;
  if (list_filter_ != nullptr) count = keep_allowed(lanes, bounds, count);
  if (stage_ == FinalStage::scan) {
    for (std::size_t i = 0; i < count; ++i) bounds[i] = frame_.score(bounds[i]);
    push_lanes(lanes, bounds, bounds, count);
    return;
  }
  keep_waiting(lanes, bounds, count);
  if (stats.codes_scanned < next_helping_at_) return;
  next_helping_at_ = 4 * stats.codes_scanned;
  take_most_promising();
}

void Funnel::take_waiting() {
  BoundedSlots& scanned = waiting_->scanned;
  if (scanned.count > worth_helping_) take_most_promising();
  drop_hopeless(scanned);
  sharpen(scanned.slots.data(), scanned.bounds.data(), scanned.count);
  scanned.count = 0;
}

void Funnel::take_unscanned(std::span<const std::uint32_t> lanes) {
  const std::vector<float> bounds(lanes.size(), kNothing);
  sharpen(lanes.data(), bounds.data(), lanes.size());
}

std::size_t Funnel::keep_allowed(std::uint32_t* lanes, float* bounds, std::size_t count) const {
  const std::uint64_t* words = list_filter_->words();
  std::size_t left = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t slot = source_.slots[lanes[i]];
    const bool allowed = slot < source_.rows.count && (words[slot / 64] >> (slot % 64) & 1U) != 0;
    lanes[left] = lanes[i];
    bounds[left] = bounds[i];
    left += allowed ? 1 : 0;
  }
  return left;
}

void Funnel::take_exact(std::span<const std::uint32_t> slots) {
  std::vector<float> scores(slots.size());
  scorer_.score(slots.data(), slots.size(), scores.data());
  stats.rows_read += slots.size();
  push(slots.data(), scores.data(), scores.data(), slots.size());
}

void Funnel::drop_hopeless(BoundedSlots& from) const {
  const float limit = threshold();
  std::uint32_t* slots = from.slots.data();
  float* bounds = from.bounds.data();
  std::size_t left = 0;
  for (std::size_t i = 0; i < from.count; ++i) {
    const float bound = bounds[i];
    slots[left] = slots[i];
    bounds[left] = bound;
    left += bound <= limit ? 1 : 0;
  }
  from.count = left;
}

void Funnel::keep_waiting(const std::uint32_t* lanes, const float* bounds, std::size_t count) {
  BoundedSlots& scanned = waiting_->scanned;
  if (scanned.count + count > kManyWaiting) drop_hopeless(scanned);
  scanned.make_room(count);
  std::copy_n(lanes, count, scanned.slots.data() + scanned.count);
  float* to = scanned.bounds.data() + scanned.count;
  for (std::size_t i = 0; i < count; ++i) to[i] = frame_.lower_bound(bounds[i]);
  scanned.count += count;
}

// Finishes about helping_ of those that wait, and drops those that cannot win any more.
void Funnel::take_most_promising() {
  BoundedSlots& scanned = waiting_->scanned;
  BoundedSlots& chosen = waiting_->chosen;
  drop_hopeless(scanned);  // first, for the sample is small
  const float cut = promising_below();
  chosen.count = 0;
  chosen.make_room(scanned.count);
  std::uint32_t* slots = scanned.slots.data();
  float* bounds = scanned.bounds.data();
  std::uint32_t* chosen_slots = chosen.slots.data();
  float* chosen_bounds = chosen.bounds.data();
  std::size_t taken = 0;
  std::size_t left = 0;
  for (std::size_t i = 0; i < scanned.count; ++i) {
    const std::uint32_t slot = slots[i];
    const float bound = bounds[i];
    chosen_slots[taken] = slot;
    chosen_bounds[taken] = bound;
    slots[left] = slot;
    bounds[left] = bound;
    taken += bound <= cut ? 1 : 0;
    left += bound <= cut ? 0 : 1;
  }
  scanned.count = left;
  sharpen(chosen_slots, chosen_bounds, taken);
}

// A bound that about helping_ of those that wait do not exceed, from an even sample of them.
float Funnel::promising_below() const {
  const BoundedSlots& scanned = waiting_->scanned;
  const std::size_t count = scanned.count;
  if (count <= helping_) return std::numeric_limits<float>::max();
  std::array<float, kSample> sample;
  const std::size_t size = std::min(kSample, count);
  for (std::size_t i = 0; i < size; ++i) sample[i] = scanned.bounds[i * count / size];
  const std::size_t rank = std::min(size - 1, helping_ * size / count + 1);
  const auto nth = sample.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(sample.begin(), nth, sample.begin() + static_cast<std::ptrdiff_t>(size));
  return *nth;
}

// The stage after the scan: ends here with an estimate, or lines up what can still win for the
// rows.
void Funnel::sharpen(const std::uint32_t* lanes, const float* bounds, std::size_t count) {
  std::array<float, kRefineAtOnce> estimates;
  std::array<float, kRefineAtOnce> better;
  for (std::size_t i = 0; i < count; i += kRefineAtOnce) {
    const std::size_t n = std::min(kRefineAtOnce, count - i);
    if (stage_ == FinalStage::precise) {
      const kernels::ScanCodes codes = source_.codes->scan_codes();
      for (std::size_t j = 0; j < n; ++j) {
        estimates[j] = frame_.score(prepared_.precise_estimate(codes, lanes[i + j]));
      }
      push_lanes(lanes + i, bounds + i, estimates.data(), n);
      continue;
    }
    std::copy_n(bounds + i, n, better.data());
    if (refines_) refine(lanes + i, n, estimates.data(), better.data());
    if (stage_ == FinalStage::refine) {
      push_lanes(lanes + i, bounds + i, estimates.data(), n);
      continue;
    }
    line_up(lanes + i, better.data(), n);
  }
  if (stage_ == FinalStage::exact) read_rows();
}

// Scores of the second-stage codes; bounds become the better of both stages.
void Funnel::refine(const std::uint32_t* lanes, std::size_t count, float* estimates,
                    float* bounds) {
  std::array<float, kRefineAtOnce> refined;
  kernels::active().refine(source_.codes->refine_codes(), prepared_.refine_query(frame_), lanes,
                           count, estimates, refined.data());
  stats.codes_refined += count;
  for (std::size_t i = 0; i < count; ++i) {
    estimates[i] = frame_.score(estimates[i]);
    bounds[i] = std::max(bounds[i], frame_.lower_bound(refined[i]));
  }
}

void Funnel::line_up(const std::uint32_t* lanes, const float* bounds, std::size_t count) {
  const float limit = threshold();
  for (std::size_t i = 0; i < count; ++i) {
    if (!(bounds[i] <= limit)) continue;
    const std::uint32_t slot = source_.slots == nullptr ? lanes[i] : source_.slots[lanes[i]];
    // A mapped file that was not verified may name any slot.
    if (slot < source_.rows.count) waiting_->lined_up.push_back({bounds[i], slot});
  }
}

// The last stage: exact scores, the lowest bounds first, for they lower the threshold most.
void Funnel::read_rows() {
  const std::size_t count = waiting_->lined_up.size();
  const std::size_t missing = top_.missing();
  if (count > missing) {
    const auto nth = waiting_->lined_up.begin() + static_cast<std::ptrdiff_t>(missing);
    std::nth_element(waiting_->lined_up.begin(), nth, waiting_->lined_up.end());
  }
  std::array<std::uint32_t, kExactAtOnce> slots;
  std::array<float, kExactAtOnce> bounds;
  std::array<float, kExactAtOnce> scores;
  for (std::size_t i = 0; i < count;) {
    const float limit = threshold();
    std::size_t n = 0;
    const std::size_t end = i < missing ? std::min(count, missing) : count;
    for (; i < end && n < kExactAtOnce; ++i) {
      bounds[n] = waiting_->lined_up[i].first;
      slots[n] = waiting_->lined_up[i].second;
      __builtin_prefetch(source_.rows.ids + slots[n]);
      n += bounds[n] <= limit ? 1 : 0;
    }
    scorer_.score(slots.data(), n, scores.data());
    stats.rows_read += n;
    push(slots.data(), bounds.data(), scores.data(), n);
  }
  waiting_->lined_up.clear();
}

void Funnel::push_lanes(const std::uint32_t* lanes, const float* bounds, const float* scores,
                        std::size_t count) {
  if (source_.slots == nullptr) {
    push(lanes, bounds, scores, count);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t slot = source_.slots[lanes[i]];
    if (slot < source_.rows.count) push(&slot, bounds + i, scores + i, 1);
  }
}

void Funnel::push(const std::uint32_t* slots, const float* bounds, const float* scores,
                  std::size_t count) {
  float limit = top_.threshold();
  for (std::size_t i = 0; i < count; ++i) {
    const float key = std::max(scores[i], bounds[i]);
    if (!(key <= limit)) continue;
    top_.push({key, scores[i], source_.rows.ids[slots[i]], slots[i]});
    limit = top_.threshold();
  }
  if (shared_ == nullptr) return;
  const float own = top_.threshold();
  float lowest = shared_->load(std::memory_order_relaxed);
  while (own < lowest && !shared_->compare_exchange_weak(lowest, own, std::memory_order_relaxed)) {
  }
}

}  // namespace ruvector::index
