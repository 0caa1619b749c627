// When a search of lists may stop, for the recall that is asked for.
// Thread-safe: plain data.
//
// Lists are visited in the order of their promise, which is the distance of their centroid from
// the query. Before each list its excess is
//
//   promise - ((1 - s) * promise of the first list + s * distance of the k-th vector found so far)
//     + t * log2(1 + lists visited)
//
// and the search stops at the first list whose excess is above a margin. None of the three alone
// tells much: what the k-th distance says of a query, the first promise says better for another,
// and on data without clear clusters the number of lists does. The excess only grows on the way, so
// that a true neighbour is found if the excess at its own list is within the margin. The margin for
// a recall is therefore a quantile of these over the true neighbours of queries whose neighbours
// are known.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace ruvector::index {

// A search before its next list.
struct Standing {
  float promise;        // of that list
  float first_promise;  // of the list that was visited first, or comes first
  float kth_distance;   // of the vectors found so far; infinity before there are k
  std::size_t visited;  // lists
};

class StoppingRule {
 public:
  struct Weights {
    float kth_distance = 1.0F;  // s, 0 to 1
    float doubling = 0.0F;      // t, at least 0
    bool operator==(const Weights&) const = default;
  };
  // The numbers of neighbours that margins are learned for, and the shares of neighbours that may
  // be missed, 2^-1, 2^-1.5, ... 2^-11.
  static constexpr std::array<std::size_t, 4> kNeighbours = {1, 10, 100, 1000};
  static constexpr std::size_t kMisses = 21;
  using Margins = std::array<std::array<float, kMisses>, kNeighbours.size()>;
  using Standings = std::array<std::vector<Standing>, kNeighbours.size()>;

  StoppingRule() = default;  // never stops
  StoppingRule(const Weights& weights, const Margins& margins)
      : weights_(weights), margins_(margins), learned_(true) {}
  // `standings[i]`: before each true neighbour's list in searches for kNeighbours[i]. Where there
  // are none, the margins of the next smaller number are taken. `spread`: by how much the promises
  // of all lists exceed the first one's, on average.
  static StoppingRule learn(float spread, const Standings& standings);

  bool learned() const noexcept { return learned_; }
  const Weights& weights() const noexcept { return weights_; }
  const Margins& margins() const noexcept { return margins_; }
  // Minus infinity before there are k vectors.
  float excess(const Standing& standing) const;
  // The excess up to which lists are visited; infinity: all lists. 0 < recall <= 1. `k` need not be
  // whole, and may be infinite: with a filter, the k-th vector lies as far as the (k n /
  // allowed)-th of all. Beyond the last of kNeighbours margins grow on, by each decade as they grew
  // at most by the last one.
  float margin(double recall, double k) const;
  // The recall that a search may be expected to have which left lists from this excess on out; 0
  // below one half. A multiple of 2^-20.
  double recall(float excess, double k) const;

  bool operator==(const StoppingRule&) const = default;

 private:
  Weights weights_{};
  Margins margins_{};
  bool learned_ = false;
};

}  // namespace ruvector::index
