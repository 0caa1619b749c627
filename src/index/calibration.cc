#include "index/calibration.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "base/parallel.h"
#include "index/flat_search.h"
#include "index/list_search.h"
#include "index/nearest_centroid.h"
#include "index/search.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kQueriesPerTask = 48;  // a panel of the matrix product
constexpr std::size_t kOwnQueries = 512;
constexpr double kNearlyCertain = 0.99999;  // of each neighbour that margins are learned from

using Excesses = std::array<std::vector<float>, StoppingRule::kNeighbours.size()>;

// The excess at the list of each of the k neighbours, as a search for `k` vectors comes to it.
void walk_to_neighbours(const State& state, const float* query, const float* products,
                        std::span<const Hit> neighbours, std::size_t k,
                        std::vector<float>& excesses) {
  const ListLayout& layout = state.partition->layout;
  std::vector<std::size_t> lists;
  for (const Hit& hit : neighbours) {
    const auto slot = state.id_map.find(hit.id, state.ids.data(), state.size());
    if (slot) lists.push_back(layout.list_of_lane(layout.lane(*slot)));
  }
  std::sort(lists.begin(), lists.end());
  const CascadeSource source = cascade_source(state);
  const CascadeParams params = default_cascade(state, k);
  ListWalk walk(source, *state.partition, query, products, params);
  std::size_t left = lists.size();
  for (auto step = walk.next(); step && left > 0; step = walk.next()) {
    const auto [first, last] = std::equal_range(lists.begin(), lists.end(), step->list);
    const auto there = static_cast<std::size_t>(last - first);
    excesses.insert(excesses.end(), there, step->excess);
    left -= there;
    walk.visit();
  }
}

// The nearest `k` of each query, as good as certainly. Where the index keeps rows its own codes say
// which ones to look at, which is much faster than looking at all.
std::vector<std::vector<Hit>> neighbours_of(const State& state, const Rows& rows,
                                            const float* queries, const float* products,
                                            std::size_t count, std::size_t k) {
  std::vector<std::vector<Hit>> hits(count);
  if (!state.keeps_rows) {
    flat_search_batch(rows, queries, count, {k, std::numeric_limits<float>::max(), nullptr},
                      hits.data(), nullptr);
    return hits;
  }
  CascadeParams params;
  params.k = k;
  params.widths = bound_widths(kNearlyCertain);
  const CascadeSource source = cascade_source(state);
  const Partition& partition = *state.partition;
  for (std::size_t q = 0; q < count; ++q) {
    hits[q] = list_search(source, partition, queries + q * state.dim,
                          products + q * partition.coarse.list_count(), params, {{}, 1.0}, nullptr);
  }
  return hits;
}

// True neighbours of the queries of one task, and the way to them.
Excesses learned_from(const State& state, const Rows& rows, const float* queries, std::size_t count,
                      bool own_rows) {
  const std::size_t lists = state.partition->coarse.list_count();
  const std::size_t largest = StoppingRule::kNeighbours.back() + (own_rows ? 1 : 0);
  std::vector<float> products(count * lists);
  state.partition->coarse.estimate(queries, count, products.data());
  const auto hits =
      neighbours_of(state, rows, queries, products.data(), count, std::min(largest, rows.count));
  Excesses excesses;
  for (std::size_t q = 0; q < count; ++q) {
    // A row is its own nearest neighbour.
    const std::span<const Hit> found =
        std::span<const Hit>(hits[q]).subspan(own_rows && !hits[q].empty() ? 1 : 0);
    for (std::size_t i = 0; i < excesses.size(); ++i) {
      const std::size_t k = StoppingRule::kNeighbours[i];
      if (found.size() < k) continue;
      // A search by a row finds the row itself, too.
      walk_to_neighbours(state, queries + q * state.dim, &products[q * lists], found.first(k),
                         k + (own_rows ? 1 : 0), excesses[i]);
    }
  }
  return excesses;
}

}  // namespace

StoppingRule calibrated(const State& state, const Rows& rows, const float* queries,
                        std::size_t count, bool own_rows, std::size_t threads,
                        const Progress& progress) {
  const std::size_t tasks = (count + kQueriesPerTask - 1) / kQueriesPerTask;
  std::vector<Excesses> parts(tasks);
  base::parallel_for(
      tasks, threads,
      [&](std::size_t task, std::size_t) {
        const std::size_t first = task * kQueriesPerTask;
        parts[task] = learned_from(state, rows, queries + first * state.dim,
                                   std::min(kQueriesPerTask, count - first), own_rows);
      },
      progress);
  Excesses all;
  for (const Excesses& part : parts) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].insert(all[i].end(), part[i].begin(), part[i].end());
    }
  }
  return StoppingRule::learn(std::move(all));
}

StoppingRule recalibrated(const State& state, const RowSource& all, std::size_t threads,
                          const Progress& progress) {
  const Rows own{all.rows, all.inverse_norms, state.ids.data(), all.count, state.dim, state.metric};
  const base::Array<float>& asked = state.partition->queries;
  if (!asked.empty()) {
    return calibrated(state, own, asked.data(), asked.size() / state.dim, false, threads, progress);
  }
  const std::size_t count = std::min(kOwnQueries, all.count);
  const RowSelection rows{all, state.dim, nullptr, all.count};
  std::vector<float> queries(count * state.dim);
  for (std::size_t i = 0; i < count; ++i) {
    rows.copy_row(i * all.count / count, &queries[i * state.dim]);
  }
  return calibrated(state, own, queries.data(), count, true, threads, progress);
}

}  // namespace ruvector::index
