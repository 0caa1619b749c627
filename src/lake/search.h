// Answers from one cached version.
// Thread-safe: functions of their arguments.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "lake/entry.h"
#include "lake/key_state.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/lake/types.h"

namespace ruvector::lake {

// `rerank_factor`: when `params` has none. Throws DimensionMismatch, std::invalid_argument.
std::vector<LakeHit> search(const Entry& entry, const KeyPtr& key, std::span<const float> query,
                            std::size_t k, const LakeSearchParams& params,
                            std::optional<std::uint32_t> rerank_factor);
std::vector<std::vector<LakeHit>> search_batch(const Entry& entry, const KeyPtr& key,
                                               MatrixView queries, std::size_t k,
                                               const LakeSearchParams& params,
                                               std::optional<std::uint32_t> rerank_factor);

}  // namespace ruvector::lake
