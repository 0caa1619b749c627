// Checks of what users pass in. Every message names the thing, the value and the limit.
// Thread-safe: functions of their arguments.
#pragma once

#include <span>

#include "ruvector/base/matrix_view.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

// Squares of larger vectors, and their sums, would leave float32.
inline constexpr float kMaxSquaredNorm = 0x1p+120F;

// Each row finite, its squared norm at most kMaxSquaredNorm; under cosine above zero. `what` names
// the argument, rows are named in the message when there may be several. `progress` may throw to
// cancel.
void check_rows(const char* what, MatrixView rows, Metric metric, std::size_t threads,
                const Progress& progress = {});
void check_query(std::span<const float> query, Metric metric);
// Throws std::invalid_argument or DimensionMismatch.
void check_build(MatrixView vectors, const BuildParams& params);
void check_search(const SearchParams& params);

}  // namespace ruvector::index
