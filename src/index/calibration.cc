#include "index/calibration.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "base/parallel.h"
#include "index/flat_search.h"
#include "index/list_search.h"
#include "index/search.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kQueriesPerTask = 48;  // a panel of the matrix product

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

// Exact neighbours of the queries of one task, and the way to them.
Excesses learned_from(const State& state, const Rows& rows, const float* queries, std::size_t count,
                      bool own_rows) {
  const std::size_t lists = state.partition->coarse.list_count();
  const std::size_t largest = StoppingRule::kNeighbours.back() + (own_rows ? 1 : 0);
  const FlatParams params{std::min(largest, rows.count), std::numeric_limits<float>::max(),
                          nullptr};
  std::vector<std::vector<Hit>> hits(count);
  flat_search_batch(rows, queries, count, params, hits.data(), nullptr);
  std::vector<float> products(count * lists);
  state.partition->coarse.estimate(queries, count, products.data());
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

}  // namespace ruvector::index
