#include "index/cascade.h"

#include <algorithm>
#include <optional>

#include "base/parallel.h"
#include "index/funnel.h"
#include "index/survivors.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

// The first chunk is small, for the threshold starts at infinity; later ones double, up to a size
// whose codes and survivors stay in the L2 cache.
constexpr std::size_t kFirstChunkBlocks = 8;
constexpr std::size_t kChunkGrowth = 2;
constexpr std::size_t kMaxChunkBlocks = 512;
constexpr std::size_t kMaxBatchChunkBlocks = 128;
// With fewer than one slot in so many allowed, slots are visited one by one instead of scanned.
constexpr std::size_t kSparseFilter = 16;
constexpr std::size_t kMinBlocksPerThread = 512;

struct Range {
  std::size_t first;  // block
  std::size_t last;
};

bool visits_slots(const CascadeParams& params, std::size_t count) {
  return params.filter != nullptr && !params.filter->everything() &&
         params.final_stage != FinalStage::scan &&
         params.filter->allowed_count() < count / kSparseFilter;
}

// Scans one chunk for up to kMaxScanQueries queries and lets their funnels take the survivors in.
void scan_chunk(const CascadeSource& source, const Range& chunk, const std::uint64_t* allowed,
                const PreparedQuery* prepared, Funnel* const* funnels, std::size_t count,
                Survivors& survivors) {
  std::array<kernels::ScanQuery, kernels::kMaxScanQueries> scans;
  for (std::size_t q = 0; q < count; ++q) {
    scans[q] = prepared[q].scan_query(prepared[q].frame());
    scans[q].threshold = funnels[q]->kernel_threshold();
    scans[q].slots = survivors.slots(q);
    scans[q].bounds = survivors.bounds(q);
  }
  kernels::active().scan(source.codes->scan_codes(), chunk.first, chunk.last - chunk.first, allowed,
                         scans.data(), count);
  for (std::size_t q = 0; q < count; ++q) {
    const std::size_t vectors = std::min(source.rows.count, chunk.last * kernels::kBlockVectors) -
                                chunk.first * kernels::kBlockVectors;
    funnels[q]->take(scans[q].slots, scans[q].bounds, scans[q].count, vectors);
  }
}

// All queries over one range of blocks.
void scan_range(const CascadeSource& source, const Range& range, const CascadeParams& params,
                const PreparedQuery* prepared, Funnel* const* funnels, std::size_t count) {
  if (visits_slots(params, source.rows.count)) {
    const std::vector<std::uint32_t> slots = params.filter->slots(range.first, range.last);
    for (std::size_t q = 0; q < count; ++q) funnels[q]->take_unscanned(slots);
    return;
  }
  const std::uint64_t* allowed = params.filter == nullptr ? nullptr : params.filter->words();
  const std::size_t largest =
      std::min(range.last - range.first, count == 1 ? kMaxChunkBlocks : kMaxBatchChunkBlocks);
  Survivors& survivors = Survivors::of_this_thread(largest, count);
  std::size_t size = std::min(kFirstChunkBlocks, largest);
  for (std::size_t block = range.first; block < range.last;) {
    const Range chunk{block, std::min(range.last, block + size)};
    for (std::size_t q = 0; q < count; q += kernels::kMaxScanQueries) {
      scan_chunk(source, chunk, allowed, prepared + q, funnels + q,
                 std::min(kernels::kMaxScanQueries, count - q), survivors);
    }
    block = chunk.last;
    size = std::min(kChunkGrowth * size, largest);
  }
  for (std::size_t q = 0; q < count; ++q) funnels[q]->take_waiting();
}

// A search that ends with the scan gives estimates: nothing is taken off for their error.
BoundWidths widths(const CascadeParams& params) {
  const bool bounds = params.final_stage != FinalStage::scan || params.budget > 0;
  return bounds ? params.widths : BoundWidths{0.0F, 0.0F};
}

bool precise(const CascadeSource& source, const CascadeParams& params) {
  return params.final_stage == FinalStage::precise ||
         (params.budget > 0 && source.codes->shape().refine_bits == 0);
}

}  // namespace

PreparedQuery prepare(const CascadeSource& source, const float* query,
                      const CascadeParams& params) {
  return {*source.encoder, query, widths(params), precise(source, params)};
}

std::vector<Hit> gather(const CascadeSource& source, const PreparedQuery& prepared,
                        const float* query, const CascadeParams& params, std::vector<Funnel>& parts,
                        SearchStats* stats) {
  for (std::size_t p = 1; p < parts.size(); ++p) {
    for (const Candidate& candidate : parts[p].top().candidates()) parts[0].top().push(candidate);
    if (stats != nullptr) *stats += parts[p].stats;
  }
  if (stats != nullptr) *stats += parts[0].stats;
  if (params.budget == 0) return parts[0].top().take_sorted();
  std::vector<std::uint32_t> slots;
  for (const Candidate& candidate : parts[0].top().candidates()) slots.push_back(candidate.slot);
  std::sort(slots.begin(), slots.end());
  CascadeParams exact = params;
  exact.budget = 0;
  Funnel last(source, prepared, query, exact, nullptr);
  last.take_exact(slots);
  if (stats != nullptr) *stats += last.stats;
  return last.top().take_sorted();
}

std::vector<Hit> cascade_search(const CascadeSource& source, const float* query,
                                const CascadeParams& params, std::size_t threads,
                                SearchStats* stats) {
  const PreparedQuery prepared = prepare(source, query, params);
  const std::size_t blocks = source.codes->block_count();
  const std::size_t parts = std::clamp<std::size_t>(blocks / kMinBlocksPerThread, 1, threads);
  SharedThreshold shared(std::numeric_limits<float>::max());
  std::vector<Funnel> funnels;
  funnels.reserve(parts);
  for (std::size_t p = 0; p < parts; ++p) {
    funnels.emplace_back(source, prepared, query, params, parts > 1 ? &shared : nullptr);
  }
  base::parallel_for(parts, parts, [&](std::size_t part, std::size_t) {
    Funnel* funnel = &funnels[part];
    scan_range(source, {blocks * part / parts, blocks * (part + 1) / parts}, params, &prepared,
               &funnel, 1);
  });
  return gather(source, prepared, query, params, funnels, stats);
}

void cascade_search_batch(const CascadeSource& source, const float* queries, std::size_t count,
                          const CascadeParams& params, std::vector<Hit>* hits, SearchStats* stats) {
  const std::size_t dim = source.encoder->dim();
  std::vector<PreparedQuery> prepared;
  std::vector<std::vector<Funnel>> funnels(count);
  std::vector<Funnel*> pointers;
  prepared.reserve(count);
  for (std::size_t q = 0; q < count; ++q) {
    prepared.push_back(prepare(source, queries + q * dim, params));
    funnels[q].emplace_back(source, prepared[q], queries + q * dim, params, nullptr);
    pointers.push_back(funnels[q].data());
  }
  scan_range(source, {0, source.codes->block_count()}, params, prepared.data(), pointers.data(),
             count);
  for (std::size_t q = 0; q < count; ++q) {
    hits[q] = gather(source, prepared[q], queries + q * dim, params, funnels[q], stats);
  }
}

}  // namespace ruvector::index
