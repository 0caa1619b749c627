// The weights of one output of a linear layer as integers and a scale.
// Thread-safe: a pure function of its arguments, the same on every processor.
#pragma once

#include <cstdint>
#include <span>

namespace ruvector::embed {

// Writes round(weight / scale), from -most to most, for each weight of one output and returns
// scale, the largest magnitude / most (1 if all are zero). `factors` is empty or has 0 for each
// input that is left out, whose integer is 0, and 1 for the others.
// Throws EmbedError for a weight that is not finite or above kernels::kMostQuantised.
float quantise_weights(std::span<const float> weights, std::span<const float> factors,
                       std::int32_t most, std::span<std::int32_t> integers);

}  // namespace ruvector::embed
