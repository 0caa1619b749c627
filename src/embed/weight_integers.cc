#include "embed/weight_integers.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <sstream>

#include "kernels/encoder_kernels.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

[[noreturn]] void refuse(std::size_t input, float weight) {
  std::ostringstream message;
  message << "linear layer: the weight of input " << input << " is " << weight
          << ", the largest that int8 and int16 take is " << kernels::kMostQuantised;
  throw EmbedError(message.str());
}

}  // namespace

float quantise_weights(std::span<const float> weights, std::span<const float> factors,
                       std::int32_t most, std::span<std::int32_t> integers) {
  const auto factor = [factors](std::size_t i) { return factors.empty() ? 1.0f : factors[i]; };
  float largest = 0.0f;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float magnitude = std::fabs(weights[i]);
    if (!(magnitude <= kernels::kMostQuantised)) refuse(i, weights[i]);
    largest = std::max(largest, magnitude * factor(i));
  }
  const bool is_zero = largest < kernels::kLeastQuantised;
  const float scale = is_zero ? 1.0f : largest / static_cast<float>(most);
  const float inverse = 1.0f / scale;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    integers[i] = static_cast<std::int32_t>(std::nearbyint(weights[i] * factor(i) * inverse));
  }
  return scale;
}

}  // namespace ruvector::embed
