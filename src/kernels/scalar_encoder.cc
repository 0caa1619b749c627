#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/curves.h"
#include "kernels/encoder_kernels.h"
#include "kernels/scalar.h"
#include "kernels/scalar_tree.h"

namespace ruvector::kernels::scalar {
namespace {

// min(max(x + 3, 0), 6), which keeps a NaN.
float hard_ramp(float x) {
  const float raised = x + 3.0f;
  const float positive = raised < 0.0f ? 0.0f : raised;
  return positive > 6.0f ? 6.0f : positive;
}

float gelu(float x) {
  const float size = -std::fabs(x);
  const float z = size < kGeluEnd ? kGeluEnd : size;
  float q = kGelu[kGeluDegree];
  for (std::size_t i = kGeluDegree; i-- > 0;) q = std::fma(q, z, kGelu[i]);
  q = q * q;
  q = q * q;
  q = q * q;
  return std::fma(z, q, x > 0.0f ? x : 0.0f);
}

float activated(float x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return x < 0.0f ? 0.0f : x;
    case Activation::hard_swish:
      return x * hard_ramp(x) * (1.0f / 6.0f);
    case Activation::hard_sigmoid:
      return hard_ramp(x) * (1.0f / 6.0f);
    case Activation::gelu:
      return gelu(x);
  }
  return x;
}

// exp(x) for x <= 0, see curves.h.
float exponential(float x) {
  const float kept = x < kExpFloor ? kExpFloor : x;
  const float t = std::fma(kept, kLog2E, kExpRound);
  const float n = t - kExpRound;
  const float r = std::fma(n, -kLn2Low, std::fma(n, -kLn2High, kept));
  float p = kExp[3];
  for (std::size_t i = 3; i-- > 0;) p = std::fma(p, r, kExp[i]);
  const float fraction = std::fma(r * r, p, r) + 1.0f;
  const std::uint32_t exponent = (std::bit_cast<std::uint32_t>(t) + 127) << 23;
  return fraction * std::bit_cast<float>(exponent);
}

// Turns a row of scores into exp(score - greatest) and returns 1 / their sum.
float soften(float* scores, std::size_t tokens) {
  float greatest = -std::numeric_limits<float>::infinity();
  for (std::size_t j = 0; j < tokens; ++j) {
    if (scores[j] > greatest) greatest = scores[j];
  }
  Tree tree;
  for (std::size_t j = 0; j < tokens; ++j) {
    scores[j] = exponential(scores[j] - greatest);
    tree.multiply_add(j, scores[j], 1.0f);
  }
  return 1.0f / tree.sum();
}

// The chain of one output value over the taps that lie inside of the image.
float convolve(const Depthwise& image, std::size_t y, std::size_t x, std::size_t channel) {
  const std::size_t half = image.kernel / 2;
  float chain = 0.0f;
  for (std::size_t dy = 0; dy < image.kernel; ++dy) {
    const std::size_t row = y * image.step + dy - half;  // wraps around above the image
    if (row >= image.height) continue;
    for (std::size_t dx = 0; dx < image.kernel; ++dx) {
      const std::size_t column = x * image.step + dx - half;
      if (column >= image.width) continue;
      const float value = image.input[(row * image.width + column) * image.channels + channel];
      const float weight = image.weights[(dy * image.kernel + dx) * image.channels + channel];
      chain = std::fma(value, weight, chain);
    }
  }
  return chain;
}

}  // namespace

void activate(float* x, std::size_t stride, std::size_t rows, std::size_t columns,
              const float* bias, Activation activation) noexcept {
  for (std::size_t row = 0; row < rows; ++row, x += stride) {
    for (std::size_t c = 0; c < columns; ++c) {
      x[c] = activated(bias != nullptr ? x[c] + bias[c] : x[c], activation);
    }
  }
}

void layer_norm(const float* x, const float* bias, const float* residual, std::size_t rows,
                std::size_t dim, const float* scale, const float* shift, float epsilon,
                float* out) noexcept {
  const float share = 1.0f / static_cast<float>(dim);
  for (std::size_t start = 0; start < rows * dim; start += dim) {
    float* row = out + start;
    Tree sum;
    for (std::size_t i = 0; i < dim; ++i) {
      float value = x[start + i];
      if (bias != nullptr) value = value + bias[i];
      if (residual != nullptr) value = value + residual[start + i];
      row[i] = value;
      sum.multiply_add(i, value, 1.0f);
    }
    const float mean = sum.sum() * share;
    Tree squares;
    for (std::size_t i = 0; i < dim; ++i) {
      row[i] = row[i] - mean;
      squares.multiply_add(i, row[i], row[i]);
    }
    const float variance = squares.sum() * share;
    const float shrink = 1.0f / std::sqrt(variance + epsilon);
    for (std::size_t i = 0; i < dim; ++i) row[i] = std::fma(row[i] * shrink, scale[i], shift[i]);
  }
}

void attention(const Attention& attention) noexcept {
  float* scores = attention.scratch;
  for (std::size_t i = 0; i < attention.tokens; ++i) {
    const float* query = attention.queries + i * attention.stride;
    for (std::size_t j = 0; j < attention.tokens; ++j) {
      const float* key = attention.keys + j * attention.stride;
      float chain = 0.0f;
      for (std::size_t d = 0; d < attention.head_dim; ++d)
        chain = std::fma(query[d], key[d], chain);
      scores[j] = chain;
    }
    const float share = soften(scores, attention.tokens);
    float chains[kAttentionDim] = {};
    for (std::size_t j = 0; j < attention.tokens; ++j) {
      const float* value = attention.values + j * attention.stride;
      for (std::size_t d = 0; d < attention.head_dim; ++d) {
        chains[d] = std::fma(scores[j], value[d], chains[d]);
      }
    }
    float* out = attention.out + i * attention.out_stride;
    for (std::size_t d = 0; d < attention.head_dim; ++d) out[d] = chains[d] * share;
  }
}

void depthwise(const Depthwise& convolution) noexcept {
  const std::size_t rows = (convolution.height - 1) / convolution.step + 1;
  const std::size_t columns = (convolution.width - 1) / convolution.step + 1;
  float* out = convolution.output;
  for (std::size_t y = 0; y < rows; ++y) {
    for (std::size_t x = 0; x < columns; ++x) {
      for (std::size_t channel = 0; channel < convolution.channels; ++channel, ++out) {
        const float sum = convolve(convolution, y, x, channel) + convolution.bias[channel];
        *out = activated(sum, convolution.activation);
      }
    }
  }
}

}  // namespace ruvector::kernels::scalar
