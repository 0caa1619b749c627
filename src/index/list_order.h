// The lists of an index in the order of their promise for one query.
// Not thread-safe: one per search.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "index/coarse_table.h"
#include "index/query.h"

namespace ruvector::index {

class ListOrder {
 public:
  // `query` is normalised already under cosine; `products` are those with all lists
  // (CoarseTable::estimate).
  ListOrder(const CoarseTable& coarse, const Encoder& encoder, const float* query,
            const float* products);

  struct Visit {
    std::size_t list;
    // Distance of the centroid, under ip minus its inner product with q / |q|; as it is estimated.
    float promise;
  };
  // The next list, the most promising first; equal ones by their number.
  std::optional<Visit> next();
  // The one after that, if it is known already.
  std::optional<std::size_t> coming() const;
  // By how much the promises of all lists exceed the first one's, on average.
  float spread() const;
  // A score in the units of promises.
  float reach(float score) const;
  // Of a list's codes, by its exact product with the query.
  QueryFrame frame(const PreparedQuery& prepared, std::size_t list) const;

 private:
  float promise(float rank) const;
  void gather();

  const CoarseTable& coarse_;
  Metric metric_;
  std::vector<float> moved_;  // q - c
  float query_squares_ = 0;   // |q - c|^2
  float with_centre_ = 0;     // <q, c>, under ip
  float inverse_norm_ = 0;    // 1 / |q|, under ip
  // By list: squared distances, or under ip what is left of inner products without what they have
  // in common. Roots are taken of those alone that are visited.
  std::vector<float> ranks_;
  // A search visits few lists, so that few are put in order at once: those below a limit.
  std::vector<std::pair<float, std::uint32_t>> heap_;
  std::vector<std::uint32_t> below_;  // room for their numbers
  std::size_t share_ = 0;             // of a sample of ranks that the limit is not below
  float limit_ = -std::numeric_limits<float>::infinity();
};

}  // namespace ruvector::index
