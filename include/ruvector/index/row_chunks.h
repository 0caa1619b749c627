// Rows that come in pieces, and where an index that is built from them has its rows afterwards.
//
// build_from() of a RaBitQ index is its build() for rows that do not fit into memory twice; it
// gives the same index, bit for bit. Chunks are read once and kept until the index is built: in its
// memory (RowsPlace::copy), in its file (mapped), or in a file without a name in the folder TMPDIR
// (none). Rows of an array must follow each other without gaps; an index that uses them in place
// (mapped, no path) shares their owner, and copies them when it is changed. Neither they nor a file
// below them may change meanwhile, and such a file may not be truncated. Throws what build()
// throws, PersistError, and what the chunks throw; no file is then left behind, and an old one
// stays.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "ruvector/base/matrix_view.h"

namespace ruvector {

// The next rows at each call, (n, dim), which stay as they are until the call after it; none: that
// was all. All pieces have one dim, some may have no row. Called on one thread.
using RowChunks = std::function<std::optional<MatrixView>()>;

// Where the rows are that exact distances are computed from.
enum class RowsPlace {
  copy,    // in memory of the index's own
  mapped,  // in the caller's array, or in a mapped file
  none,    // nowhere: the index keeps codes only
};

struct RowsParams {
  // Absent: copy on an index that keeps rows, else none. Anything else must be what the index does.
  std::optional<RowsPlace> rows = {};
  // With `mapped` alone: the index is written here, as save() does, and maps the file. Needed when
  // rows come in chunks; absent, an array of rows is used where it lies.
  std::optional<std::filesystem::path> path = {};
};

}  // namespace ruvector
