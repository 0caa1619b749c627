// How an index is divided into lists: their centroids, where their codes lie, when a search stops.
// Not thread-safe by itself; part of State.
#pragma once

#include <cstddef>

#include "base/array.h"
#include "index/coarse_table.h"
#include "index/list_layout.h"
#include "index/stopping_rule.h"

namespace ruvector::index {

// Of the queries that a user calibrates with.
inline constexpr std::size_t kMostQueriesKept = 512;

struct Partition {
  std::size_t lists_wanted = 0;  // of the user; there are fewer where vectors are
  base::Array<float> centroids;  // (lists, dim); empty before there are vectors
  ListLayout layout;
  CoarseTable coarse;
  StoppingRule stopping;
  base::Array<float> queries;  // (n, dim) of calibrate(), normalised under cosine; none: rows serve
  std::size_t changes = 0;     // vectors that came or went since lists were balanced; not saved

  bool trained() const { return !centroids.empty(); }
};

}  // namespace ruvector::index
