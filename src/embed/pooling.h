// From the states of a text's tokens to its vector.
// Thread-safe: a function of its arguments.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/kernels.h"
#include "ruvector/embed/recipe.h"

namespace ruvector::embed {

// Pools rows of out.size() floats, at least one, and scales the result to length 1; zeros stay
// zeros. False when the result is not finite.
bool pool(const kernels::KernelTable& kernels, std::span<const float> states, Pooling pooling,
          std::span<float> out);

}  // namespace ruvector::embed
