// Scores of one query against float32 rows: what all rankings end in.
// Thread-safe: const after construction; the arrays must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ruvector/index/types.h"

namespace ruvector::index {

// The rows of an index. `inverse_norms` is 1 / |x| by slot under cosine, else null.
struct Rows {
  const float* data = nullptr;
  const float* inverse_norms = nullptr;
  const Id* ids = nullptr;
  std::size_t count = 0;
  std::size_t dim = 0;
  Metric metric = Metric::l2;
};

class ExactScorer {
 public:
  // `query` is normalised already under cosine.
  ExactScorer(const Rows& rows, const float* query) : rows_(rows), query_(query) {}

  // scores[i] of slots[i].
  void score(const std::uint32_t* slots, std::size_t count, float* scores) const;
  // scores[i] of slot first + i.
  void score_range(std::size_t first, std::size_t count, float* scores) const;

 private:
  void finish(const std::uint32_t* slots, std::size_t first, std::size_t count,
              float* scores) const;

  Rows rows_;
  const float* query_;
};

}  // namespace ruvector::index
