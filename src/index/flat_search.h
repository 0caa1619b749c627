// Exact search over rows.
// Thread-safe: const functions of their arguments.
#pragma once

#include <limits>
#include <vector>

#include "index/exact_scorer.h"
#include "index/slot_filter.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

struct FlatParams {
  std::size_t k = 0;
  float radius = std::numeric_limits<float>::max();
  const SlotFilter* filter = nullptr;
};

// Queries that share each read of the rows: four panels of the matrix product.
inline constexpr std::size_t kFlatBatchQueries = 192;

// `query` is normalised under cosine.
std::vector<Hit> flat_search(const Rows& rows, const float* query, const FlatParams& params,
                             std::size_t threads, SearchStats* stats);

// Up to kFlatBatchQueries queries on the calling thread: a matrix product finds which rows may be
// among the best, with an allowance for its rounding, and those alone are scored as flat_search
// does.
void flat_search_batch(const Rows& rows, const float* queries, std::size_t count,
                       const FlatParams& params, std::vector<Hit>* hits, SearchStats* stats);

}  // namespace ruvector::index
