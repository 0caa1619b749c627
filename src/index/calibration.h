// Learns when a search of lists may stop, by searches for queries whose neighbours are found
// exactly. Thread-safe: a function of its arguments.
#pragma once

#include <cstddef>

#include "index/exact_scorer.h"
#include "index/state.h"

namespace ruvector::index {

// `rows` are all of the divided index, whether it keeps them or not. `queries` is (count, dim),
// normalised already under cosine; with `own_rows` they are rows of the index, which do not count
// as their own neighbours. The same for any number of threads. `progress` may throw to cancel.
StoppingRule calibrated(const State& state, const Rows& rows, const float* queries,
                        std::size_t count, bool own_rows, std::size_t threads,
                        const Progress& progress = {});
// The same from the queries that a user has calibrated with, or, where there are none, from some of
// the rows themselves, evenly.
StoppingRule recalibrated(const State& state, const RowSource& all, std::size_t threads,
                          const Progress& progress = {});

}  // namespace ruvector::index
