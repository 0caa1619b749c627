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

}  // namespace

void quantize_bytes(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    std::uint8_t* out, std::size_t out_stride, ByteScale* scales) noexcept {
  for (std::size_t row = 0; row < rows; ++row, x += stride, out += out_stride) {
    float low = 0.0f;
    float high = 0.0f;
    for (std::size_t c = 0; c < columns; ++c) {
      low = std::min(low, x[c]);
      high = std::max(high, x[c]);
    }
    const float range = high - low;
    const float scale = range > 0.0f ? range / 255.0f : 1.0f;
    const float inverse = 1.0f / scale;
    const std::int32_t zero = static_cast<std::int32_t>(std::nearbyint(-low * inverse));
    scales[row] = {scale, zero};
    for (std::size_t c = 0; c < columns; ++c) {
      const std::int32_t code = static_cast<std::int32_t>(std::nearbyint(x[c] * inverse)) + zero;
      out[c] = static_cast<std::uint8_t>(std::clamp(code, 0, 255));
    }
  }
}

void gemm_bytes(const std::uint8_t* a, std::size_t lda, const ByteScale* row_scales, std::size_t m,
                const std::int8_t* b, const float* column_scales, const std::int32_t* column_sums,
                std::size_t n, std::size_t k, float* c, std::size_t ldc) noexcept {
  for (std::size_t row = 0; row < m; ++row) {
    for (std::size_t column = 0; column < n; ++column) {
      std::int32_t sum = -row_scales[row].zero * column_sums[column];
      for (std::size_t i = 0; i < k; ++i) {
        sum += a[row * lda + i] * packed_value<4>(b, k, i, column);
      }
      c[row * ldc + column] =
          static_cast<float>(sum) * (row_scales[row].scale * column_scales[column]);
    }
  }
}

void quantize_words(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    std::int16_t* out, std::size_t out_stride, float* scales) noexcept {
  for (std::size_t row = 0; row < rows; ++row, x += stride, out += out_stride) {
    float most = 0.0f;
    for (std::size_t c = 0; c < columns; ++c) most = std::max(most, std::fabs(x[c]));
    const float scale = most > 0.0f ? most / 2047.0f : 1.0f;
    const float inverse = 1.0f / scale;
    scales[row] = scale;
    for (std::size_t c = 0; c < columns; ++c) {
      out[c] = static_cast<std::int16_t>(std::nearbyint(x[c] * inverse));
    }
  }
}

void gemm_words(const std::int16_t* a, std::size_t lda, const float* row_scales, std::size_t m,
                const std::int16_t* b, const float* column_scales, std::size_t n, std::size_t k,
                float* c, std::size_t ldc) noexcept {
  for (std::size_t row = 0; row < m; ++row) {
    for (std::size_t column = 0; column < n; ++column) {
      float total = 0.0f;
      for (std::size_t start = 0; start < k; start += kWordChunk) {
        const std::size_t end = std::min(start + kWordChunk, k);
        std::int32_t sum = 0;
        for (std::size_t i = start; i < end; ++i) {
          sum += a[row * lda + i] * packed_value<2>(b, k, i, column);
        }
        total = total + static_cast<float>(sum);
      }
      c[row * ldc + column] = total * (row_scales[row] * column_scales[column]);
    }
  }
}

}  // namespace ruvector::kernels::scalar
