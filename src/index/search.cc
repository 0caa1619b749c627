#include "index/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <string>

#include "base/parallel.h"
#include "index/cascade.h"
#include "index/flat_search.h"
#include "index/list_search.h"
#include "index/validate.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector::index {
namespace {

constexpr double kDefaultConfidence = 0.999;
constexpr float kDefaultRecall = 0.99F;
constexpr std::size_t kBatchQueries = 32;  // that share each read of the codes on one thread

// What the last stage is when the user names no budget.
FinalStage default_stage(const State& state, const SearchParams& params) {
  const bool many_bits = state.codes.shape().refine_bits != 0;
  switch (state.kind) {
    case Kind::rabitq:
      return many_bits ? FinalStage::refine : FinalStage::scan;
    case Kind::rabitq_asym:
      if (state.keeps_rows && params.confidence) return FinalStage::exact;
      return many_bits ? FinalStage::refine : FinalStage::precise;
    default:
      return FinalStage::exact;
  }
}

CascadeParams cascade_params(const State& state, std::size_t k, const SearchParams& params,
                             const SlotFilter* filter) {
  CascadeParams result;
  result.k = k;
  result.final_stage = default_stage(state, params);
  result.widths = bound_widths(params.confidence ? static_cast<double>(*params.confidence)
                                                 : kDefaultConfidence);
  result.radius = params.radius.value_or(std::numeric_limits<float>::max());
  result.filter = filter;
  if (params.rerank_factor && !state.keeps_rows) {
    throw RowsNotKept("rerank_factor is " + std::to_string(*params.rerank_factor) + ": this " +
                      kind_name(state.kind) + " keeps no rows to rerank by");
  }
  // A confidence in the call asks for the bound, whatever the index was built with.
  const auto factor =
      params.rerank_factor || params.confidence ? params.rerank_factor : state.rerank_factor;
  if (factor && state.keeps_rows) {
    result.final_stage = FinalStage::exact;
    result.budget = std::min(state.size(), k * *factor);
  }
  return result;
}

// Queries as the stages want them: of unit length under cosine.
std::vector<float> normalised(MatrixView queries, Metric metric) {
  std::vector<float> result(queries.data, queries.data + queries.rows * queries.cols);
  if (metric != Metric::cosine) return result;
  for (std::size_t i = 0; i < queries.rows; ++i) {
    float* query = &result[i * queries.cols];
    std::array<float, 2> sums;
    kernels::active().sums(query, queries.cols, sums.data());
    const float scale = 1.0F / std::sqrt(sums[1]);
    for (std::size_t d = 0; d < queries.cols; ++d) query[d] *= scale;
  }
  return result;
}

void check(const State& state, std::size_t cols, const SearchParams& params) {
  if (state.size() == 0) throw EmptyIndex(std::string(kind_name(state.kind)) + " holds no vector");
  if (cols != state.dim) throw DimensionMismatch("query", state.dim, cols);
  check_search(params);
}

void check_room(const char* what, std::size_t has, std::size_t queries, std::size_t k) {
  if (has == queries * k) return;
  throw std::invalid_argument(std::string(what) + ": room for " + std::to_string(has) + " hits, " +
                              std::to_string(queries) + " queries with k " + std::to_string(k) +
                              " need " + std::to_string(queries * k));
}

// Of queries whose every vector is looked at.
SearchStats everything_of(std::size_t queries) {
  return {.queries = queries, .expected_recalls = static_cast<double>(queries)};
}

ListEffort list_effort(const SearchParams& params) {
  return {params.nprobe, static_cast<double>(params.recall.value_or(kDefaultRecall))};
}

// `queries` of a divided index, one after the other; their centroids are compared at once.
void list_search_batch(const State& state, const float* queries, std::size_t count,
                       const CascadeParams& cascade, const SearchParams& params,
                       std::vector<Hit>* hits, SearchStats* stats) {
  const Partition& partition = *state.partition;
  const CascadeSource source = cascade_source(state);
  const ListEffort effort = list_effort(params);
  std::vector<float> products(count * partition.coarse.list_count());
  partition.coarse.estimate(queries, count, products.data());
  for (std::size_t q = 0; q < count; ++q) {
    hits[q] = list_search(source, partition, queries + q * state.dim,
                          &products[q * partition.coarse.list_count()], cascade, effort, stats);
  }
}

}  // namespace

CascadeParams default_cascade(const State& state, std::size_t k) {
  return cascade_params(state, k, {}, nullptr);
}

CascadeSource cascade_source(const State& state) {
  return {state.encoder ? &*state.encoder : nullptr, &state.codes, state.row_view(),
          state.partition ? state.partition->layout.slots() : nullptr};
}

std::vector<Hit> search(const State& state, std::span<const float> query, std::size_t k,
                        const SearchParams& params, SearchStats* stats) {
  check(state, query.size(), params);
  check_query(query, state.metric);
  k = std::min(k, state.size());
  const SlotFilter filter(params.filter, state.id_map, state.ids.data(), state.size());
  if (k == 0 || filter.allowed_count() == 0) return {};
  if (stats != nullptr && !state.partition) *stats += everything_of(1);
  const std::vector<float> unit = normalised({query.data(), 1, query.size()}, state.metric);
  const std::size_t threads = params.threads.value_or(num_threads());
  if (state.kind == Kind::flat_f32) {
    const FlatParams flat{k, params.radius.value_or(std::numeric_limits<float>::max()), &filter};
    return flat_search(state.row_view(), unit.data(), flat, threads, stats);
  }
  const CascadeParams cascade = cascade_params(state, k, params, &filter);
  if (!state.partition)
    return cascade_search(cascade_source(state), unit.data(), cascade, threads, stats);
  std::vector<Hit> hits;
  list_search_batch(state, unit.data(), 1, cascade, params, &hits, stats);
  return hits;
}

void search_batch(const State& state, MatrixView queries, std::size_t k, std::span<Id> ids,
                  std::span<float> scores, const SearchParams& params, SearchStats* stats) {
  check(state, queries.cols, params);
  check_room("ids", ids.size(), queries.rows, k);
  check_room("scores", scores.size(), queries.rows, k);
  const std::size_t threads = params.threads.value_or(num_threads());
  check_rows("queries", queries, state.metric, threads);
  std::fill(ids.begin(), ids.end(), kNoId);
  std::fill(scores.begin(), scores.end(), std::numeric_limits<float>::infinity());
  const std::size_t wanted = std::min(k, state.size());
  const SlotFilter filter(params.filter, state.id_map, state.ids.data(), state.size());
  if (wanted == 0 || filter.allowed_count() == 0) return;
  const CascadeParams cascade =
      state.encoder ? cascade_params(state, wanted, params, &filter) : CascadeParams{};
  const FlatParams flat{wanted, params.radius.value_or(std::numeric_limits<float>::max()), &filter};
  const std::size_t per_task = std::clamp<std::size_t>(
      (queries.rows + threads - 1) / threads, 1, state.encoder ? kBatchQueries : kFlatBatchQueries);
  std::mutex stats_mutex;
  base::parallel_for(
      (queries.rows + per_task - 1) / per_task, threads, [&](std::size_t task, std::size_t) {
        const std::size_t first = task * per_task;
        const std::size_t count = std::min(per_task, queries.rows - first);
        const std::vector<float> unit =
            normalised({queries.data + first * queries.cols, count, queries.cols}, state.metric);
        std::vector<std::vector<Hit>> hits(count);
        SearchStats own;
        if (state.partition) {
          list_search_batch(state, unit.data(), count, cascade, params, hits.data(), &own);
        } else if (state.encoder) {
          own += everything_of(count);
          cascade_search_batch(cascade_source(state), unit.data(), count, cascade, hits.data(),
                               &own);
        } else {
          own += everything_of(count);
          flat_search_batch(state.row_view(), unit.data(), count, flat, hits.data(), &own);
        }
        for (std::size_t q = 0; q < count; ++q) {
          for (std::size_t i = 0; i < hits[q].size(); ++i) {
            ids[(first + q) * k + i] = hits[q][i].id;
            scores[(first + q) * k + i] = hits[q][i].score;
          }
        }
        const std::scoped_lock lock(stats_mutex);
        if (stats != nullptr) *stats += own;
      });
}

}  // namespace ruvector::index
