#include "index/scan_width.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "index/cascade.h"
#include "index/growth.h"
#include "index/list_search.h"
#include "index/search.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kSamples = 16;
constexpr std::size_t kNeighbours = 10;
constexpr double kConfidence = 0.999;
constexpr double kRecall = 0.99;
constexpr std::size_t kWorthIt = 4096;  // below, a search is short either way

// Nanoseconds on a current core, of which only the ratios matter: to scan a byte of codes, to
// refine a code and to read a row (both mostly a cache miss, plus so much per dimension).
double search_work(const State& state, const SearchStats& stats) {
  const CodeShape& shape = state.codes.shape();
  const double dims = static_cast<double>(shape.dims);
  const double scan = 0.016 * static_cast<double>(shape.block_bytes()) / 64.0;
  return static_cast<double>(stats.codes_scanned) * scan +
         static_cast<double>(stats.codes_refined) * (12.0 + 0.03 * dims) +
         static_cast<double>(stats.rows_read) * (20.0 + 0.15 * dims);
}

// What a search for a row reads.
SearchStats sample_search(const State& state, const float* query) {
  CascadeParams params;
  params.k = kNeighbours + 1;  // a row finds itself
  params.widths = bound_widths(kConfidence);
  const CascadeSource source = cascade_source(state);
  SearchStats stats;
  if (!state.partition) {
    cascade_search(source, query, params, 1, &stats);
    return stats;
  }
  std::vector<float> products(state.partition->coarse.list_count());
  state.partition->coarse.estimate(query, 1, products.data());
  list_search(source, *state.partition, query, products.data(), params, {{}, kRecall}, &stats);
  return stats;
}

SearchStats sample_searches(const State& state) {
  SearchStats stats;
  std::vector<float> query(state.dim);
  for (std::size_t i = 0; i < kSamples; ++i) {
    const std::size_t slot = state.size() * i / kSamples;
    const float scale = state.inverse_norms.empty() ? 1.0F : state.inverse_norms[slot];
    const float* row = state.rows.data() + slot * state.dim;
    for (std::size_t d = 0; d < state.dim; ++d) query[d] = row[d] * scale;
    stats += sample_search(state, query.data());
  }
  return stats;
}

}  // namespace

void choose_scan_width(State& state, std::size_t threads, const Progress& progress) {
  if (state.size() < kWorthIt) return;
  const SearchStats narrow_stats = sample_searches(state);
  const double narrow = search_work(state, narrow_stats);
  SearchStats scan_only;
  scan_only.codes_scanned = narrow_stats.codes_scanned;
  // Twice the bits can at best save everything but the scan.
  const double wider = static_cast<double>(state.codes.shape().words()) * 4.0 * 0.016 *
                       static_cast<double>(narrow_stats.codes_scanned);
  if (narrow - search_work(state, scan_only) < 1.5 * wider) return;
  State wide = state;
  set_bits(wide, 2, threads, progress);
  if (search_work(wide, sample_searches(wide)) < narrow) state = std::move(wide);
}

}  // namespace ruvector::index
