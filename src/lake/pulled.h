// A pulled collection in one piece, checked.
#pragma once

#include "ruvector/lake/backend.h"
#include "ruvector/lake/types.h"

namespace ruvector::lake {

// Drains `chunks`: one chunk is taken as it is, several are joined. Throws BackendError when they
// do not fit together or are above a limit. `poll` is called between chunks and may throw.
PulledBatch join_chunks(const LakeKey& key, PulledChunks& chunks, const Progress& poll);

// Throws BackendError when ids and rows differ in number, dim is 0 or above its limit, or there are
// too many rows. What the values are, is checked when they are indexed.
void require_sound(const LakeKey& key, const PulledBatch& batch);

}  // namespace ruvector::lake
