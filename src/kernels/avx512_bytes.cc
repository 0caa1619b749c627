// A tile of rows x 48 columns stays in registers over all of k.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/avx512.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx512 {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kMostColumns = kPanelColumns / kLanes;  // registers in a row of a panel
constexpr std::size_t kMostRows = 8;                          // 24 sums, 3 of B, 1 of A
constexpr std::size_t kGroup = 4;                             // bytes that one lane multiplies

// sums += the products of 4 neighbouring bytes, unsigned times signed. As an instruction because
// GCC 12 keeps the sums of a large tile in memory around the intrinsic.
inline void add_products(__m512i& sums, __m512i left, __m512i right) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(left), "v"(right));
}

// Writes the bytes of one row, low and high included. kFactors: there are factors.
template <bool kFactors>
inline void quantize_row(const float* x, const float* factors, std::size_t columns,
                         std::uint8_t* out, ByteScale* scale) {
  const auto load = [=](std::size_t c, __mmask16 mask) {
    const __m512 values = _mm512_maskz_loadu_ps(mask, x + c);
    if constexpr (!kFactors) return values;
    return _mm512_mul_ps(values, _mm512_maskz_loadu_ps(mask, factors + c));
  };
  const std::size_t whole = columns / kLanes * kLanes;
  const auto rest = static_cast<__mmask16>((1u << (columns - whole)) - 1);
  const __mmask16 all = 0xffff;

  __m512 low = load(whole, rest);
  __m512 high = low;
  for (std::size_t c = 0; c < whole; c += kLanes) {
    const __m512 values = load(c, all);
    low = _mm512_min_ps(low, values);
    high = _mm512_max_ps(high, values);
  }
  const float least = _mm512_reduce_min_ps(_mm512_min_ps(low, _mm512_setzero_ps()));
  const float range = _mm512_reduce_max_ps(_mm512_max_ps(high, _mm512_setzero_ps())) - least;
  scale->scale = range < kLeastQuantised ? 1.0f : range / 255.0f;
  const float inverse = 1.0f / scale->scale;
  scale->zero = _mm_cvtss_si32(_mm_set_ss(-least * inverse));

  const __m512 factor = _mm512_set1_ps(inverse);
  const __m512i zero = _mm512_set1_epi32(scale->zero);
  const auto bytes = [=](__m512 values) {
    const __m512i codes = _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(values, factor)), zero);
    return _mm512_max_epi32(codes, _mm512_setzero_si512());  // the narrowing stops at 255
  };
  for (std::size_t c = 0; c < whole; c += kLanes) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + c),
                     _mm512_cvtusepi32_epi8(bytes(load(c, all))));
  }
  _mm512_mask_cvtusepi32_storeu_epi8(out + whole, rest, bytes(load(whole, rest)));
}

struct Tile {
  const std::uint8_t* a;
  std::size_t lda;
  const ByteScale* row_scales;
  const float* exact;  // of A
  std::size_t exact_stride;
  const std::int8_t* b;
  const float* column_scales;
  const std::int32_t* sums;
  const float* exact_b;
  std::size_t exact_rows;
  std::size_t k;
  float* c;
  std::size_t ldc;
  __mmask16 mask[kMostColumns];  // the columns that exist
};

// A row of the tile from its sums to the floats in C.
template <std::size_t kColumns>
inline void finish_row(const Tile& tile, std::size_t row, const __m512i (&sums)[kColumns]) {
  const ByteScale& scale = tile.row_scales[row];
  const __m512 row_scale = _mm512_set1_ps(scale.scale);
  const __m512i zero = _mm512_set1_epi32(scale.zero);
  __m512 values[kColumns];
  for (std::size_t j = 0; j < kColumns; ++j) {
    const __m512i of_zero = _mm512_mullo_epi32(zero, _mm512_loadu_si512(tile.sums + kLanes * j));
    values[j] =
        _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(sums[j], of_zero)),
                      _mm512_mul_ps(row_scale, _mm512_loadu_ps(tile.column_scales + kLanes * j)));
  }
  const float* right = tile.exact_b;
  for (std::size_t e = 0; e < tile.exact_rows; ++e, right += kPanelColumns) {
    const __m512 left = _mm512_set1_ps(tile.exact[row * tile.exact_stride + e]);
    for (std::size_t j = 0; j < kColumns; ++j) {
      values[j] = _mm512_fmadd_ps(left, _mm512_loadu_ps(right + kLanes * j), values[j]);
    }
  }
  float* c = tile.c + row * tile.ldc;
  for (std::size_t j = 0; j < kColumns; ++j) {
    _mm512_mask_storeu_ps(c + kLanes * j, tile.mask[j], values[j]);
  }
}

template <std::size_t kRows, std::size_t kColumns>
inline void multiply(const Tile& tile) {
  __m512i sums[kRows][kColumns];
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) sums[row][j] = _mm512_setzero_si512();
  }
  const std::int8_t* b = tile.b;
#pragma GCC unroll 1
  for (std::size_t i = 0; i < tile.k; i += kGroup, b += kGroup * kPanelColumns) {
    __m512i right[kColumns];
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) {
      right[j] = _mm512_loadu_si512(b + kGroup * kLanes * j);
    }
#pragma GCC unroll 8
    for (std::size_t row = 0; row < kRows; ++row) {
      std::int32_t group;
      std::memcpy(&group, tile.a + row * tile.lda + i, sizeof(group));
      const __m512i left = _mm512_set1_epi32(group);
#pragma GCC unroll 8
      for (std::size_t j = 0; j < kColumns; ++j) {
        add_products(sums[row][j], left, right[j]);
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) finish_row<kColumns>(tile, row, sums[row]);
}

template <std::size_t kColumns>
void multiply_rows(const Tile& tile, std::size_t rows) {
  switch (rows) {
    case 1:
      return multiply<1, kColumns>(tile);
    case 2:
      return multiply<2, kColumns>(tile);
    case 3:
      return multiply<3, kColumns>(tile);
    case 4:
      return multiply<4, kColumns>(tile);
    case 5:
      return multiply<5, kColumns>(tile);
    case 6:
      return multiply<6, kColumns>(tile);
    case 7:
      return multiply<7, kColumns>(tile);
    case kMostRows:
      return multiply<kMostRows, kColumns>(tile);
    default:
      return;
  }
}

// All rows of one panel, of which kColumns registers hold columns that exist.
template <std::size_t kColumns>
void multiply_panel(Tile tile, std::size_t m) {
  while (m > 0) {
    // Tiles of about the same height: a low one would wait for its own sums.
    const std::size_t tiles = (m + kMostRows - 1) / kMostRows;
    const std::size_t rows = (m + tiles - 1) / tiles;
    multiply_rows<kColumns>(tile, rows);
    tile.a += rows * tile.lda;
    tile.row_scales += rows;
    tile.exact += rows * tile.exact_stride;
    tile.c += rows * tile.ldc;
    m -= rows;
  }
}

}  // namespace

void quantize_bytes(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    const float* factors, std::uint8_t* out, std::size_t out_stride,
                    ByteScale* scales) noexcept {
  for (std::size_t row = 0; row < rows; ++row, x += stride, out += out_stride) {
    if (factors != nullptr) {
      quantize_row<true>(x, factors, columns, out, scales + row);
    } else {
      quantize_row<false>(x, nullptr, columns, out, scales + row);
    }
  }
}

void gemm_bytes(const ByteRows& a, std::size_t m, const ByteColumns& b, std::size_t n,
                std::size_t k, float* c, std::size_t ldc) noexcept {
  Tile tile{a.bytes, a.stride, a.scales, a.exact, a.exact_stride,
            b.bytes, b.scales, b.sums,   b.exact, b.exact_rows,
            k,       c,        ldc,      {}};
  for (std::size_t column = 0; column < n; column += kPanelColumns) {
    for (std::size_t j = 0; j < kMostColumns; ++j) {
      const std::size_t start = column + kLanes * j;
      const std::size_t left = n > start ? n - start : 0;
      tile.mask[j] = static_cast<__mmask16>(left >= kLanes ? 0xffffu : (1u << left) - 1);
    }
    if (tile.mask[2] != 0) {
      multiply_panel<3>(tile, m);
    } else if (tile.mask[1] != 0) {
      multiply_panel<2>(tile, m);
    } else {
      multiply_panel<1>(tile, m);
    }
    tile.b += k * kPanelColumns;
    tile.column_scales += kPanelColumns;
    tile.sums += kPanelColumns;
    tile.exact_b += b.exact_rows * kPanelColumns;
    tile.c += kPanelColumns;
  }
}

}  // namespace ruvector::kernels::avx512
