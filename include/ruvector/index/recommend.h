// Which index to use.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "ruvector/index/types.h"

namespace ruvector {

struct Recommendation {
  std::string index;                           // name of the class
  std::optional<std::uint32_t> bits;           // build(bits=)
  std::optional<std::uint32_t> rerank_factor;  // build(rerank_factor=)
  std::optional<std::size_t> partitions;       // build(partitions=), kAutoPartitions
  std::optional<float> confidence;             // search(confidence=)
  std::optional<float> recall;                 // search(recall=)
  std::size_t bytes_per_vector = 0;            // that the index will hold
  std::string reason;                          // one or two sentences
};

// For n vectors of dim dimensions and a wanted recall in (0, 1]. Throws std::invalid_argument.
Recommendation recommend(std::size_t n, std::size_t dim, float recall_target);

}  // namespace ruvector
