// When a search of lists may stop, for the recall that is asked for.
// Thread-safe: plain data.
//
// Lists are visited in the order of their promise, which is the distance of their centroid from
// the query. A search stops at the first list whose promise exceeds the distance of the k-th
// vector found so far by more than a margin. That excess only grows on the way, so that a true
// neighbour is found if the excess at its own list is within the margin. The margin for a recall is
// therefore a quantile of these over the true neighbours of queries whose neighbours are known.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace ruvector::index {

class StoppingRule {
 public:
  // The numbers of neighbours that margins are learned for, and the shares of neighbours that may
  // be missed, 2^-1, 2^-1.5, ... 2^-11.
  static constexpr std::array<std::size_t, 3> kNeighbours = {1, 10, 100};
  static constexpr std::size_t kMisses = 21;
  using Margins = std::array<std::array<float, kMisses>, kNeighbours.size()>;

  StoppingRule() = default;  // never stops
  explicit StoppingRule(const Margins& margins) : margins_(margins), learned_(true) {}
  // `excesses[i]`: of each true neighbour's list in searches for kNeighbours[i]. Where there are
  // none, the margins of the next smaller number are taken.
  static StoppingRule learn(std::array<std::vector<float>, kNeighbours.size()> excesses);

  bool learned() const noexcept { return learned_; }
  const Margins& margins() const noexcept { return margins_; }
  // How far beyond the k-th neighbour lists are visited; infinity: all lists. 0 < recall <= 1.
  float margin(double recall, std::size_t k) const;
  // The recall that a search may be expected to have which left lists from this excess on out; 0
  // below one half. A multiple of 2^-20.
  double recall(float excess, std::size_t k) const;

 private:
  Margins margins_{};
  bool learned_ = false;
};

}  // namespace ruvector::index
