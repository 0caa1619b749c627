// How an index that maps a file is about to be read. Changes speed only; nothing is done for an
// index in memory, nor for rows that lie in an array of the user's.
// Thread-safe: functions of their arguments.
#pragma once

#include "index/state.h"

namespace ruvector::index {

// Second codes and rows here and there: of those that are not in memory, only the pages that hold
// them are fetched. What is scanned from end to end is fetched ahead, as ever.
void expect_searches(const State& state);
// Everything from end to end.
void expect_whole_reads(const State& state);

}  // namespace ruvector::index
