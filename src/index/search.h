// From what a user asks to hits, for every kind of index.
// Thread-safe: const functions of their arguments.
#pragma once

#include <span>
#include <vector>

#include "index/cascade.h"
#include "index/state.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

// The stages of a search of this kind of index as a user gets them who asks for nothing, and what
// they work on; both refer to `state`.
CascadeParams default_cascade(const State& state, std::size_t k);
CascadeSource cascade_source(const State& state);

std::vector<Hit> search(const State& state, std::span<const float> query, std::size_t k,
                        const SearchParams& params, SearchStats* stats);

void search_batch(const State& state, MatrixView queries, std::size_t k, std::span<Id> ids,
                  std::span<float> scores, const SearchParams& params, SearchStats* stats);

}  // namespace ruvector::index
