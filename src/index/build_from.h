// Indexes of rows that need not fit into memory twice.
// Not thread-safe: functions of their arguments, which have the chunks to themselves.
#pragma once

#include "index/state.h"
#include "ruvector/index/binary_codes.h"
#include "ruvector/index/row_chunks.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

// What build_state() gives for the same rows, with rows where `where` says (rabitq_index.h).
State build_from(Kind kind, const RowChunks& chunks, const RowsParams& where,
                 const BuildParams& params);
State build_from(Kind kind, const SharedArray<float>& vectors, const RowsParams& where,
                 const BuildParams& params);

}  // namespace ruvector::index
