#include "index/list_search.h"

#include <algorithm>
#include <limits>

#include "index/survivors.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kBlocksAtOnce = 512;
// With fewer than one slot in so many allowed, they are visited one by one instead of scanned.
constexpr std::size_t kSparseFilter = 16;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The lanes of the slots that a selective filter allows, rising; empty when lists are scanned.
std::vector<std::uint32_t> allowed_lanes(const ListLayout& layout, const CascadeParams& params) {
  const bool sparse = params.filter != nullptr && !params.filter->everything() &&
                      params.final_stage != FinalStage::scan &&
                      params.filter->allowed_count() < layout.slot_count() / kSparseFilter;
  if (!sparse) return {};
  std::vector<std::uint32_t> lanes = params.filter->slots(0, (layout.slot_count() + 63) / 64);
  for (std::uint32_t& slot : lanes) slot = layout.lane(slot);
  std::sort(lanes.begin(), lanes.end());
  return lanes;
}

}  // namespace

ListWalk::ListWalk(const CascadeSource& source, const Partition& partition, const float* query,
                   const float* along, const CascadeParams& params)
    : source_(source),
      layout_(partition.layout),
      query_(query),
      params_(params),
      prepared_(prepare(source, query, params)),
      order_(partition.coarse, *source.encoder, query, along),
      allowed_(allowed_lanes(partition.layout, params)) {
  funnels_.emplace_back(source_, prepared_, query_, params_, nullptr);
}

std::optional<ListWalk::Step> ListWalk::next() {
  while (const auto visit = order_.next()) {
    if (layout_.size(visit->list) == 0) continue;
    list_ = visit->list;
    const float threshold = funnels_.front().threshold();
    const bool enough = threshold < std::numeric_limits<float>::max();
    return Step{list_, enough ? visit->promise - order_.reach(threshold) : -kInfinity};
  }
  return std::nullopt;
}

void ListWalk::visit() {
  Funnel& funnel = funnels_.front();
  const QueryFrame frame = order_.frame(prepared_, list_);
  funnel.enter_list(frame);
  std::size_t left = (layout_.size(list_) + kernels::kBlockVectors - 1) / kernels::kBlockVectors;
  for (const ListLayout::Run& run : layout_.runs(list_)) {
    const std::size_t count = std::min<std::size_t>(left, run.count);
    if (count == 0) break;
    left -= count;
    if (allowed_.empty()) {
      scan(run.first, count, frame);
    } else {
      take_allowed(run.first, count);
    }
  }
  funnel.take_waiting();
  ++funnel.stats.lists_visited;
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

void ListWalk::take_allowed(std::size_t first, std::size_t count) {
  const auto lane = [](std::size_t block) {
    return static_cast<std::uint32_t>(block * kernels::kBlockVectors);
  };
  const auto begin = std::lower_bound(allowed_.begin(), allowed_.end(), lane(first));
  const auto end = std::lower_bound(begin, allowed_.end(), lane(first + count));
  if (begin != end) {
    funnels_.front().take_unscanned({&*begin, static_cast<std::size_t>(end - begin)});
  }
}

std::vector<Hit> ListWalk::finish(SearchStats* stats) {
  return gather(source_, prepared_, query_, params_, funnels_, stats);
}

std::vector<Hit> list_search(const CascadeSource& source, const Partition& partition,
                             const float* query, const float* along, const CascadeParams& params,
                             const ListEffort& effort, SearchStats* stats) {
  ListWalk walk(source, partition, query, along, params);
  const float margin =
      effort.probes ? -kInfinity : partition.stopping.margin(effort.recall, params.k);
  const std::size_t probes = effort.probes.value_or(0);
  while (const auto step = walk.next()) {
    const bool enough = step->excess > -kInfinity;
    if (enough && walk.stats().lists_visited >= probes && step->excess > margin) break;
    walk.visit();
  }
  return walk.finish(stats);
}

}  // namespace ruvector::index
