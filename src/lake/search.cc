#include "lake/search.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "lake/encoder.h"

namespace ruvector::lake {
namespace {

// The share of true neighbours that the error bound keeps when nobody says: see SearchParams.
constexpr float kConfidence = 0.999F;

// Always says how much to rerank: what an index from a file was built with is not the lake's.
SearchParams index_params(const LakeSearchParams& params,
                          std::optional<std::uint32_t> rerank_factor) {
  SearchParams search;
  search.rerank_factor = params.rerank_factor ? params.rerank_factor : rerank_factor;
  search.confidence = params.confidence;
  search.recall = params.recall;
  if (!search.rerank_factor && !search.confidence) search.confidence = kConfidence;
  search.radius = params.radius;
  if (!params.allowed_ids.empty()) search.filter = Ids{params.allowed_ids};
  return search;
}

void require_dim(const Entry& entry, std::size_t dim) {
  if (entry.dim != 0 && dim != entry.dim) throw DimensionMismatch("query", entry.dim, dim);
}

void require_finite(MatrixView queries) {
  for (std::size_t i = 0; i < queries.rows; ++i) {
    const std::span<const float> query = queries.row(i);
    if (std::all_of(query.begin(), query.end(), [](float x) { return std::isfinite(x); })) continue;
    throw std::invalid_argument("query " + std::to_string(i) + " is not finite");
  }
}

}  // namespace

std::vector<LakeHit> search(const Entry& entry, const KeyPtr& key, std::span<const float> query,
                            std::size_t k, const LakeSearchParams& params,
                            std::optional<std::uint32_t> rerank_factor) {
  entry.touch();
  if (params.encoder) require_encoder(query_of(*key), entry.bundle.encoder, params.encoder);
  require_dim(entry, query.size());
  if (k == 0 || !entry.index) {
    require_finite({query.data(), 1, query.size()});
    return {};
  }
  const std::vector<Hit> found = entry.index->search(query, k, index_params(params, rerank_factor));
  std::vector<LakeHit> hits;
  hits.reserve(found.size());
  for (const Hit& hit : found) hits.push_back({key, hit.id, hit.score});
  return hits;
}

std::vector<std::vector<LakeHit>> search_batch(const Entry& entry, const KeyPtr& key,
                                               MatrixView queries, std::size_t k,
                                               const LakeSearchParams& params,
                                               std::optional<std::uint32_t> rerank_factor) {
  entry.touch();
  if (params.encoder) require_encoder(query_of(*key), entry.bundle.encoder, params.encoder);
  require_dim(entry, queries.cols);
  std::vector<std::vector<LakeHit>> rows(queries.rows);
  k = std::min(k, entry.rows());
  if (k == 0) {
    require_finite(queries);
    return rows;
  }
  std::vector<Id> ids(queries.rows * k);
  std::vector<float> scores(queries.rows * k);
  entry.index->search_batch(queries, k, ids, scores, index_params(params, rerank_factor));
  for (std::size_t i = 0; i < queries.rows; ++i) {
    std::vector<LakeHit>& row = rows[i];
    for (std::size_t j = i * k; j < (i + 1) * k && std::isfinite(scores[j]); ++j) {
      row.push_back({key, ids[j], scores[j]});
    }
  }
  return rows;
}

}  // namespace ruvector::lake
