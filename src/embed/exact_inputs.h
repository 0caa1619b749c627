// Which inputs of a linear layer stay float32 when the others become bytes.
//
// A few channels of a trained encoder are many times larger than the rest, in the states (always
// the same ones, for nearly every token) or in the weights. All inputs of a row share one scale, so
// these few decide how coarse it is for the others; kept apart they cost a few multiplications.
//
// Thread-safe: pure functions of their arguments, the same on every processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ruvector::embed {

// One input in so many is exact: 4 % of the products, which then are floats.
inline constexpr std::size_t kInputsPerExact = 96;

// The inputs / kInputsPerExact inputs that stand out most, in rising order. `weights` is (outputs,
// inputs). `ranges` has the largest magnitude that each input was seen to have, or is empty: then
// the weights decide alone.
std::vector<std::uint32_t> choose_exact_inputs(std::span<const float> weights, std::size_t inputs,
                                               std::size_t outputs, std::span<const float> ranges);

}  // namespace ruvector::embed
