// The lists of an index in the order of their promise for one query.
// Not thread-safe: one per search.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "index/coarse_table.h"
#include "index/query.h"

namespace ruvector::index {

class ListOrder {
 public:
  // `query` is normalised already under cosine; `along` are its products with all lists
  // (CoarseTable::compare), which must outlive the order.
  ListOrder(const CoarseTable& coarse, const Encoder& encoder, const float* query,
            const float* along);

  struct Visit {
    std::size_t list;
    float promise;  // distance of the centroid; under ip minus its inner product with q / |q|
  };
  // The next list, the most promising first; equal ones by their number.
  std::optional<Visit> next();
  // A score in the units of promises.
  float reach(float score) const;
  QueryFrame frame(const PreparedQuery& prepared, std::size_t list) const;

 private:
  float squares(std::size_t list) const;
  float promise(float rank) const;

  const CoarseTable& coarse_;
  Metric metric_;
  const float* along_;
  float query_squares_ = 0;  // |q - c|^2
  float with_centre_ = 0;    // <q, c>, under ip
  float inverse_norm_ = 0;   // 1 / |q|, under ip
  // Lists by rank: squared distances, or under ip what is left of inner products without what they
  // have in common. Roots are taken of those alone that are visited.
  std::vector<std::pair<float, std::uint32_t>> heap_;
};

}  // namespace ruvector::index
