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
// One query in so many teaches about the most neighbours: they cost most, and each has that many.
constexpr std::size_t kQueriesOfMost = 16;
constexpr double kNearlyCertain = 0.99999;  // of each neighbour that margins are learned from

// What the queries of one task teach.
struct Lesson {
  StoppingRule::Standings standings;
  double spreads = 0;  // their sum
};

// The standing before the list of each of the k neighbours, as a search for `k` vectors comes to
// it; returns the spread of the lists' promises.
float walk_to_neighbours(const State& state, const float* query, const float* products,
                         std::span<const Hit> neighbours, std::size_t k,
                         std::vector<Standing>& standings) {
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
    standings.insert(standings.end(), there, step->standing);
    left -= there;
    walk.visit();
  }
  return walk.spread();
}

// How many neighbours the query `number` teaches about.
std::size_t neighbours_taught(std::size_t number) {
  const auto& all = StoppingRule::kNeighbours;
  return number % kQueriesOfMost == 0 ? all.back() : all[all.size() - 2];
}

// What each query teaches about and one more, as good as certainly. Where the index keeps rows its
// own codes say which ones to look at, which is much faster than looking at all.
std::vector<std::vector<Hit>> neighbours_of(const State& state, const Rows& rows,
                                            const float* queries, const float* products,
                                            std::size_t first, std::size_t count) {
  std::vector<std::vector<Hit>> hits(count);
  if (!state.keeps_rows) {
    const std::size_t k = std::min(StoppingRule::kNeighbours.back() + 1, rows.count);
    flat_search_batch(rows, queries, count, {k, std::numeric_limits<float>::max(), nullptr},
                      hits.data(), nullptr);
    return hits;
  }
  CascadeParams params;
  params.widths = bound_widths(kNearlyCertain);
  const CascadeSource source = cascade_source(state);
  const Partition& partition = *state.partition;
  for (std::size_t q = 0; q < count; ++q) {
    params.k = std::min(neighbours_taught(first + q) + 1, rows.count);
    hits[q] = list_search(source, partition, queries + q * state.dim,
                          products + q * partition.coarse.list_count(), params, {{}, 1.0}, nullptr);
  }
  return hits;
}

// True neighbours of `count` queries from `first` on, and the way to them.
Lesson learned_from(const State& state, const Rows& rows, const float* queries, std::size_t first,
                    std::size_t count, bool own_rows) {
  queries += first * state.dim;
  const std::size_t lists = state.partition->coarse.list_count();
  std::vector<float> products(count * lists);
  state.partition->coarse.estimate(queries, count, products.data());
  const auto hits = neighbours_of(state, rows, queries, products.data(), first, count);
  Lesson lesson;
  for (std::size_t q = 0; q < count; ++q) {
    // A row is its own nearest neighbour.
    const std::span<const Hit> found =
        std::span<const Hit>(hits[q]).subspan(own_rows && !hits[q].empty() ? 1 : 0);
    for (std::size_t i = 0; i < lesson.standings.size(); ++i) {
      const std::size_t k = StoppingRule::kNeighbours[i];
      if (found.size() < k || neighbours_taught(first + q) < k) continue;
      // A search by a row finds the row itself, too.
      const float spread =
          walk_to_neighbours(state, queries + q * state.dim, &products[q * lists], found.first(k),
                             k + (own_rows ? 1 : 0), lesson.standings[i]);
      if (i == 0) lesson.spreads += spread;
    }
  }
  return lesson;
}

}  // namespace

StoppingRule calibrated(const State& state, const Rows& rows, const float* queries,
                        std::size_t count, bool own_rows, std::size_t threads,
                        const Progress& progress) {
  const std::size_t tasks = (count + kQueriesPerTask - 1) / kQueriesPerTask;
  std::vector<Lesson> parts(tasks);
  base::parallel_for(
      tasks, threads,
      [&](std::size_t task, std::size_t) {
        const std::size_t first = task * kQueriesPerTask;
        parts[task] = learned_from(state, rows, queries, first,
                                   std::min(kQueriesPerTask, count - first), own_rows);
      },
      progress);
  Lesson all;
  for (const Lesson& part : parts) {
    all.spreads += part.spreads;
    for (std::size_t i = 0; i < all.standings.size(); ++i) {
      all.standings[i].insert(all.standings[i].end(), part.standings[i].begin(),
                              part.standings[i].end());
    }
  }
  const auto count_of_spreads = static_cast<double>(std::max<std::size_t>(count, 1));
  return StoppingRule::learn(static_cast<float>(all.spreads / count_of_spreads), all.standings);
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
