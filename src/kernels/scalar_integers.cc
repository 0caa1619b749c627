#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/encoder_kernels.h"
#include "kernels/kernels.h"
#include "kernels/scalar.h"

namespace ruvector::kernels::scalar {
namespace {

// Value (k, column) of a right side that is packed in groups of kGroup values of k.
template <std::size_t kGroup, class T>
T packed_value(const T* b, std::size_t depth, std::size_t k, std::size_t column) {
  const T* panel = b + column / kPanelColumns * kPanelColumns * depth;
  return panel[(k / kGroup * kPanelColumns + column % kPanelColumns) * kGroup + k % kGroup];
}

// The integer nearest to x within low..high. A NaN, though no contract admits one, gives `low`: a
// model that makes them must not make undefined conversions.
std::int32_t nearest(float x, float low, float high) {
  const float rounded = std::nearbyint(x);
  return static_cast<std::int32_t>(rounded > low ? std::min(rounded, high) : low);
}

}  // namespace

void quantize_bytes(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    const float* factors, std::uint8_t* out, std::size_t out_stride,
                    ByteScale* scales) noexcept {
  const auto factor = [factors](std::size_t c) { return factors != nullptr ? factors[c] : 1.0f; };
  for (std::size_t row = 0; row < rows; ++row, x += stride, out += out_stride) {
    float low = 0.0f;
    float high = 0.0f;
    for (std::size_t c = 0; c < columns; ++c) {
      low = std::min(low, x[c] * factor(c));
      high = std::max(high, x[c] * factor(c));
    }
    const float range = high - low;
    const float scale = range < kLeastQuantised ? 1.0f : range / 255.0f;
    const float inverse = 1.0f / scale;
    const std::int32_t zero = nearest(-low * inverse, 0.0f, 255.0f);
    scales[row] = {scale, zero};
    for (std::size_t c = 0; c < columns; ++c) {
      const std::int32_t byte = nearest(x[c] * factor(c) * inverse, -255.0f, 255.0f) + zero;
      out[c] = static_cast<std::uint8_t>(std::clamp(byte, 0, 255));
    }
  }
}

void gemm_bytes(const ByteRows& a, std::size_t m, const ByteColumns& b, std::size_t n,
                std::size_t k, float* c, std::size_t ldc) noexcept {
  for (std::size_t row = 0; row < m; ++row) {
    const std::uint8_t* left = a.bytes + row * a.stride;
    const ByteScale& scale = a.scales[row];
    for (std::size_t column = 0; column < n; ++column) {
      std::int32_t sum = -scale.zero * b.sums[column];
      for (std::size_t i = 0; i < k; ++i) sum += left[i] * packed_value<4>(b.bytes, k, i, column);
      float value = static_cast<float>(sum) * (scale.scale * b.scales[column]);
      for (std::size_t e = 0; e < b.exact_rows; ++e) {
        value = std::fma(a.exact[row * a.exact_stride + e],
                         packed_value<1>(b.exact, b.exact_rows, e, column), value);
      }
      c[row * ldc + column] = value;
    }
  }
}

void quantize_words(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    std::int16_t* out, std::size_t out_stride, float* scales) noexcept {
  for (std::size_t row = 0; row < rows; ++row, x += stride, out += out_stride) {
    float most = 0.0f;
    for (std::size_t c = 0; c < columns; ++c) most = std::max(most, std::fabs(x[c]));
    const float scale = most < kLeastQuantised ? 1.0f : most / 2047.0f;
    const float inverse = 1.0f / scale;
    scales[row] = scale;
    for (std::size_t c = 0; c < columns; ++c) {
      out[c] = static_cast<std::int16_t>(nearest(x[c] * inverse, -2047.0f, 2047.0f));
    }
  }
}

void gemm_words(const std::int16_t* a, std::size_t lda, const float* row_scales, std::size_t m,
                const WordColumns& b, std::size_t n, std::size_t k, float* c,
                std::size_t ldc) noexcept {
  for (std::size_t row = 0; row < m; ++row) {
    for (std::size_t column = 0; column < n; ++column) {
      float total = 0.0f;
      for (std::size_t start = 0; start < k; start += kWordChunk) {
        const std::size_t end = std::min(start + kWordChunk, k);
        std::int32_t sum = 0;
        for (std::size_t i = start; i < end; ++i) {
          sum += a[row * lda + i] * packed_value<2>(b.words, k, i, column);
        }
        total = total + static_cast<float>(sum);
      }
      c[row * ldc + column] = total * (row_scales[row] * b.scales[column]);
    }
  }
}

}  // namespace ruvector::kernels::scalar
