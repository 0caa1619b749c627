#include "index/list_search.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "index/survivors.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kBlocksAtOnce = 512;
// With fewer than one slot in so many allowed, they are visited one by one instead of scanned.
constexpr std::size_t kSparseFilter = 16;
constexpr std::size_t kFewAllowed = 2048;
constexpr std::size_t kFetchedLines = 16;  // then the processor sees that it goes on
constexpr float kInfinity = std::numeric_limits<float>::infinity();

static_assert(kernels::kBlockVectors == 64, "a word of allowed lanes is a block");

// A bit for each lane that a selective filter allows; empty when lists are scanned.
std::vector<std::uint64_t> allowed_lanes(const ListLayout& layout, const CascadeParams& params) {
  const bool sparse = params.filter != nullptr && !params.filter->everything() &&
                      params.final_stage != FinalStage::scan &&
                      params.filter->allowed_count() < layout.slot_count() / kSparseFilter;
  if (!sparse) return {};
  std::vector<std::uint64_t> lanes(layout.block_count());
  for (const std::uint32_t slot : params.filter->slots(0, (layout.slot_count() + 63) / 64)) {
    const std::uint32_t lane = layout.lane(slot);
    // A mapped file that was not verified may name any lane.
    if (lane / 64 < lanes.size()) lanes[lane / 64] |= std::uint64_t{1} << (lane % 64);
  }
  return lanes;
}

// A filter that lets one vector in s pass makes the k-th of them as far as the (s k)-th of all;
// where it lets few pass, all of them are looked at.
double neighbours_among_all(const CascadeSource& source, const CascadeParams& params) {
  const auto k = static_cast<double>(params.k);
  if (params.filter == nullptr || params.filter->everything()) return k;
  const std::size_t allowed = params.filter->allowed_count();
  if (allowed <= kFewAllowed) return std::numeric_limits<double>::infinity();
  return k * static_cast<double>(source.rows.count) / static_cast<double>(allowed);
}

}  // namespace

ListWalk::ListWalk(const CascadeSource& source, const Partition& partition, const float* query,
                   const float* products, const CascadeParams& params)
    : source_(source),
      coarse_(partition.coarse),
      layout_(partition.layout),
      query_(query),
      params_(params),
      prepared_(prepare(source, query, params)),
      order_(partition.coarse, *source.encoder, query, products),
      allowed_(allowed_lanes(partition.layout, params)) {
  funnels_.emplace_back(source_, prepared_, query_, params_, nullptr);
}

std::optional<ListWalk::Step> ListWalk::next() {
  while (const auto visit = order_.next()) {
    if (layout_.size(visit->list) == 0) continue;
    list_ = visit->list;
    if (!first_promise_) first_promise_ = visit->promise;
    const float kth_distance = order_.reach(funnels_.front().threshold());
    return Step{list_, {visit->promise, *first_promise_, kth_distance, stats().lists_visited}};
  }
  return std::nullopt;
}

void ListWalk::visit() {
  if (allowed_.empty()) {
    scan_list();
  } else {
    take_allowed();
  }
  funnels_.front().take_waiting();
  ++funnels_.front().stats.lists_visited;
}

// Runs of blocks of the list, but for those at its end that are empty.
template <class Take>
void ListWalk::for_runs(Take take) const {
  std::size_t left = (layout_.size(list_) + kernels::kBlockVectors - 1) / kernels::kBlockVectors;
  for (const ListLayout::Run& run : layout_.runs(list_)) {
    const std::size_t count = std::min<std::size_t>(left, run.count);
    if (count == 0) break;
    left -= count;
    take(run.first, count);
  }
}

void ListWalk::scan_list() {
  fetch_ahead();
  const QueryFrame frame = order_.frame(prepared_, list_);
  funnels_.front().enter_list(frame);
  for_runs([&](std::size_t first, std::size_t count) { scan(first, count, frame); });
}

void ListWalk::take_allowed() {
  lanes_.clear();
  for_runs([&](std::size_t first, std::size_t count) {
    for (std::size_t block = first; block < first + count; ++block) {
      for (std::uint64_t word = allowed_[block]; word != 0; word &= word - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(word));
        lanes_.push_back(static_cast<std::uint32_t>(64 * block + bit));
      }
    }
  });
  if (lanes_.empty()) return;  // most lists, where few are allowed
  funnels_.front().enter_list(order_.frame(prepared_, list_));
  funnels_.front().take_unscanned(lanes_);
}

// Lists lie anywhere, so that each begins with cache misses: they happen beside the work on the one
// before.
void ListWalk::fetch_ahead() const {
  const std::optional<std::size_t> list = order_.coming();
  if (!list || layout_.runs(*list).empty()) return;
  coarse_.fetch(*list);
  const kernels::ScanCodes codes = source_.codes->scan_codes();
  const std::uint8_t* block = codes.blocks + layout_.runs(*list).front().first * codes.block_bytes;
  for (std::size_t line = 0; line < kFetchedLines; ++line) __builtin_prefetch(block + 64 * line);
}

void ListWalk::scan(std::size_t first, std::size_t count, const QueryFrame& frame) {
  Funnel& funnel = funnels_.front();
  for (std::size_t block = first; block < first + count; block += kBlocksAtOnce) {
    const std::size_t blocks = std::min(kBlocksAtOnce, first + count - block);
    Survivors& survivors = Survivors::of_this_thread(blocks, 1);
    kernels::ScanQuery scan = prepared_.scan_query(frame);
    scan.threshold = funnel.kernel_threshold();
    scan.slots = survivors.slots(0);
    scan.bounds = survivors.bounds(0);
    kernels::active().scan(source_.codes->scan_codes(), block, blocks, nullptr, &scan, 1);
    funnel.take(scan.slots, scan.bounds, scan.count, blocks * kernels::kBlockVectors);
  }
}

std::vector<Hit> ListWalk::finish(SearchStats* stats) {
  return gather(source_, prepared_, query_, params_, funnels_, stats);
}

std::vector<Hit> list_search(const CascadeSource& source, const Partition& partition,
                             const float* query, const float* products, const CascadeParams& params,
                             const ListEffort& effort, SearchStats* stats) {
  ListWalk walk(source, partition, query, products, params);
  const StoppingRule& rule = partition.stopping;
  const double k = neighbours_among_all(source, params);
  const float margin = effort.probes ? -kInfinity : rule.margin(effort.recall, k);
  const std::size_t probes = effort.probes.value_or(0);
  // Lists up to this excess are visited, by rule or by number: what lies between the last of them
  // and the next one says nothing of this query's neighbours.
  float reached = margin;
  auto step = walk.next();
  for (; step; step = walk.next()) {
    const float excess = rule.excess(step->standing);
    const bool enough = excess > -kInfinity;
    if (enough && step->standing.visited >= probes && excess > margin) break;
    reached = std::max(reached, excess);
    walk.visit();
  }
  if (stats != nullptr) {
    ++stats->queries;
    stats->expected_recalls += step ? rule.recall(reached, k) : 1.0;
  }
  return walk.finish(stats);
}

}  // namespace ruvector::index
