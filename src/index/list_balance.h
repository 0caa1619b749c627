// How the lists of an index that keeps its rows follow its size: large ones are divided, those that
// cost least given up to their neighbours, and vectors go where they are now nearest.
// Not thread-safe: the caller has exclusive access to the state.
//
// Rows are needed to find new centroids and to encode around them: an index of codes alone keeps
// the lists that it was built with.
#pragma once

#include <cstddef>

#include "index/state.h"

namespace ruvector::index {

// Lists that suit so many vectors: those asked for at the number that the index was divided at,
// and from there with the root of the size, so that centroids and codes cost a search alike.
std::size_t lists_for(const State& state, std::size_t vectors);

// Whether balance() is due when there are `vectors` of them. Not again before a part of all has
// changed, so that what it takes, about the time of 512 searches of all codes, is little for each
// change.
bool is_balance_due(const State& state, std::size_t vectors);

// Brings the lists up to date, and learns again when a search may stop. On any exception the state
// is what it was before. The same for any number of threads. Throws IndexError when rows of a
// damaged file are not finite.
void balance(State& state, std::size_t threads, const Progress& progress = {});

// Places the vectors of slots from `before` on, as place() does, and balances the lists when that
// is due. On an exception take_out() is the way back.
void add_to_lists(State& state, const RowSource& added, std::size_t before, std::size_t threads,
                  const Progress& progress);
// After `removed` vectors have left their lists. Never fails: where there is no memory to balance
// the lists, or rows are damaged, they stay as they are, which answers rightly, if more slowly.
void balance_after_removal(State& state, std::size_t removed, std::size_t threads);

// Puts lists side by side, without lanes that were held for growth. Throws IndexError for lists of
// a damaged file.
void tidy_lists(State& state);

}  // namespace ruvector::index
