// Rows that come in pieces, and where an index that is built from them has its rows afterwards.
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
