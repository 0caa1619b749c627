// How an index comes to be divided into lists, and how vectors come into them.
// Not thread-safe: the caller has exclusive access to the state.
#pragma once

#include <cstddef>

#include "index/state.h"

namespace ruvector::index {

// Learns centre and lists from all vectors at hand, `all`, encodes them into the lists, and learns
// when a search may stop. On any exception the state is what it was before.
void divide(State& state, const RowSource& all, std::size_t threads, const Progress& progress);

// Codes by `encoder`, of another width perhaps, for all vectors, `all`, where they lie.
void encode_lists_anew(State& state, const Encoder& encoder, const RowSource& all,
                       std::size_t threads, const Progress& progress);

// Puts the vectors of slots from `before` on into the lists of their nearest centroids.
// On an exception some may be placed: take_out() is the way back.
void place(State& state, const RowSource& added, std::size_t before, std::size_t threads,
           const Progress& progress);
// Takes the vectors of slots from `count` on out of their lists.
void take_out(State& state, std::size_t count);

// A slot is removed from its list; the last slot takes its number.
void remove_from_list(State& state, std::size_t slot);

}  // namespace ruvector::index
