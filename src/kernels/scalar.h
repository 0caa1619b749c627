// The encoders' kernels of the level that every processor runs: the plain statement of what the
// other levels compute. encoder_kernels.h is their contract.
// Thread-safe: pure functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/encoder_kernels.h"

namespace ruvector::kernels::scalar {

// scalar_encoder.cc
void activate(float* x, std::size_t stride, std::size_t rows, std::size_t columns,
              const float* bias, Activation activation) noexcept;
void layer_norm(const float* x, const float* bias, const float* residual, std::size_t rows,
                std::size_t dim, const float* scale, const float* shift, float epsilon,
                float* out) noexcept;
void attention(const Attention& attention) noexcept;
void depthwise(const Depthwise& convolution) noexcept;

// scalar_integers.cc
void quantize_bytes(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    const float* factors, std::uint8_t* out, std::size_t out_stride,
                    ByteScale* scales) noexcept;
void gemm_bytes(const ByteRows& a, std::size_t m, const ByteColumns& b, std::size_t n,
                std::size_t k, float* c, std::size_t ldc) noexcept;
void quantize_words(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    std::int16_t* out, std::size_t out_stride, float* scales) noexcept;
void gemm_words(const std::int16_t* a, std::size_t lda, const float* row_scales, std::size_t m,
                const WordColumns& b, std::size_t n, std::size_t k, float* c,
                std::size_t ldc) noexcept;

}  // namespace ruvector::kernels::scalar
