#include "index/exact_scorer.h"

#include <algorithm>

#include "kernels/dispatch.h"

namespace ruvector::index {

void ExactScorer::score(const std::uint32_t* slots, std::size_t count, float* scores) const {
  const auto& kernel = kernels::active();
  const auto run = rows_.metric == Metric::l2 ? kernel.l2_rows : kernel.dot_rows;
  run(query_, rows_.data, rows_.dim, slots, count, scores);
  finish(slots, 0, count, scores);
}

void ExactScorer::score_range(std::size_t first, std::size_t count, float* scores) const {
  const auto& kernel = kernels::active();
  const auto run = rows_.metric == Metric::l2 ? kernel.l2_rows : kernel.dot_rows;
  run(query_, rows_.data + first * rows_.dim, rows_.dim, nullptr, count, scores);
  finish(nullptr, first, count, scores);
}

// From inner products to scores.
void ExactScorer::finish(const std::uint32_t* slots, std::size_t first, std::size_t count,
                         float* scores) const {
  if (rows_.metric == Metric::ip) {
    for (std::size_t i = 0; i < count; ++i) scores[i] = -scores[i];
  } else if (rows_.metric == Metric::cosine) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t slot = slots != nullptr ? slots[i] : first + i;
      scores[i] = std::max(0.0F, 1.0F - scores[i] * rows_.inverse_norms[slot]);
    }
  }
}

}  // namespace ruvector::index
