// The kernels of the NEON level, one source for each group; kernels.h says what they compute.
// Thread-safe: pure functions of their arguments.
//
// Declarations only: see kernels.h for why nothing here may have a body.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

namespace ruvector::kernels::neon {

// neon_scan.cc
void scan(const ScanCodes& codes, std::size_t first, std::size_t blocks,
          const std::uint64_t* allowed, ScanQuery* queries, std::size_t query_count) noexcept;

// neon_refine.cc
void refine(const RefineCodes& codes, const RefineQuery& query, const std::uint32_t* slots,
            std::size_t count, float* estimates, float* bounds) noexcept;

// neon_rows.cc
void l2_rows(const float* query, const float* rows, std::size_t dim, const std::uint32_t* slots,
             std::size_t count, float* out) noexcept;
void dot_rows(const float* query, const float* rows, std::size_t dim, const std::uint32_t* slots,
              std::size_t count, float* out) noexcept;

// neon_gemm.cc
void gemm(const float* a, std::size_t lda, std::size_t m, const float* b, std::size_t n,
          std::size_t k, float* c, std::size_t ldc) noexcept;

// neon_encode.cc
void sums(const float* x, std::size_t n, float* out) noexcept;
void walsh_hadamard(float* x, std::size_t n) noexcept;
QuantizedSums quantize(const float* r, std::size_t n, float scale, std::uint32_t bits,
                       std::uint8_t* codes) noexcept;

// neon_select.cc
std::size_t select_between(const float* values, std::size_t count, float above, float limit,
                           std::uint32_t* indices) noexcept;
std::size_t pack_mask(const std::uint8_t* mask, std::size_t count, std::uint64_t* words) noexcept;

// neon_encoder.cc
void activate(float* x, std::size_t stride, std::size_t rows, std::size_t columns,
              const float* bias, Activation activation) noexcept;
void layer_norm(const float* x, const float* bias, const float* residual, std::size_t rows,
                std::size_t dim, const float* scale, const float* shift, float epsilon,
                float* out) noexcept;
void attention(const Attention& attention) noexcept;
void depthwise(const Depthwise& convolution) noexcept;

// neon_bytes.cc
void quantize_bytes(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    const float* factors, std::uint8_t* out, std::size_t out_stride,
                    ByteScale* scales) noexcept;
void gemm_bytes(const ByteRows& a, std::size_t m, const ByteColumns& b, std::size_t n,
                std::size_t k, float* c, std::size_t ldc) noexcept;

// neon_words.cc
void quantize_words(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    std::int16_t* out, std::size_t out_stride, float* scales) noexcept;
void gemm_words(const std::int16_t* a, std::size_t lda, const float* row_scales, std::size_t m,
                const WordColumns& b, std::size_t n, std::size_t k, float* c,
                std::size_t ldc) noexcept;

}  // namespace ruvector::kernels::neon
