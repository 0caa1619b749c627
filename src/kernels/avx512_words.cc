// A tile of rows x 48 columns stays in registers over a chunk of k, its totals in floats beside.
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
constexpr std::size_t kGroup = 2;                             // words that one lane multiplies

// sums += the products of 2 neighbouring words. As an instruction because GCC 12
// keeps the sums of a large tile in memory around the intrinsic.
inline void add_products(__m512i& sums, __m512i left, __m512i right) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(left), "v"(right));
}

// Writes the words of one row and returns their scale.
inline float quantize_row(const float* x, std::size_t columns, std::int16_t* out) {
  const std::size_t whole = columns / kLanes * kLanes;
  const auto rest = static_cast<__mmask16>((1u << (columns - whole)) - 1);
  __m512 most = _mm512_abs_ps(_mm512_maskz_loadu_ps(rest, x + whole));
  for (std::size_t c = 0; c < whole; c += kLanes) {
    most = _mm512_max_ps(most, _mm512_abs_ps(_mm512_loadu_ps(x + c)));
  }
  const float largest = _mm512_reduce_max_ps(most);
  const float scale = largest < kLeastQuantised ? 1.0f : largest / 2047.0f;

  const __m512 inverse = _mm512_set1_ps(1.0f / scale);
  const auto words = [=](__m512 values) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(values, inverse));
  };
  for (std::size_t c = 0; c < whole; c += kLanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + c),
                        _mm512_cvtepi32_epi16(words(_mm512_loadu_ps(x + c))));
  }
  _mm512_mask_cvtepi32_storeu_epi16(out + whole, rest,
                                    words(_mm512_maskz_loadu_ps(rest, x + whole)));
  return scale;
}

struct Tile {
  const std::int16_t* a;
  std::size_t lda;
  const float* row_scales;
  const std::int16_t* b;
  const float* column_scales;
  std::size_t k;
  float* c;
  std::size_t ldc;
  __mmask16 mask[kMostColumns];  // the columns that exist
};

// Adds the sums over k from `first` to `end`, exact, to the totals.
template <std::size_t kRows, std::size_t kColumns>
inline void add_chunk(const Tile& tile, std::size_t first, std::size_t end,
                      __m512 (&totals)[kRows][kColumns]) {
  __m512i sums[kRows][kColumns];
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) sums[row][j] = _mm512_setzero_si512();
  }
  const std::int16_t* b = tile.b + first * kPanelColumns;
#pragma GCC unroll 1
  for (std::size_t i = first; i < end; i += kGroup, b += kGroup * kPanelColumns) {
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
  for (std::size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) {
      totals[row][j] = _mm512_add_ps(totals[row][j], _mm512_cvtepi32_ps(sums[row][j]));
    }
  }
}

template <std::size_t kRows, std::size_t kColumns>
inline void multiply(const Tile& tile) {
  __m512 totals[kRows][kColumns];
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) totals[row][j] = _mm512_setzero_ps();
  }
#pragma GCC unroll 1
  for (std::size_t first = 0; first < tile.k; first += kWordChunk) {
    const std::size_t left = tile.k - first;
    add_chunk(tile, first, first + (left < kWordChunk ? left : kWordChunk), totals);
  }
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) {
    const __m512 row_scale = _mm512_set1_ps(tile.row_scales[row]);
    float* c = tile.c + row * tile.ldc;
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) {
      const __m512 scale =
          _mm512_mul_ps(row_scale, _mm512_loadu_ps(tile.column_scales + kLanes * j));
      _mm512_mask_storeu_ps(c + kLanes * j, tile.mask[j], _mm512_mul_ps(totals[row][j], scale));
    }
  }
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
    tile.c += rows * tile.ldc;
    m -= rows;
  }
}

}  // namespace

void quantize_words(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    std::int16_t* out, std::size_t out_stride, float* scales) noexcept {
  for (std::size_t row = 0; row < rows; ++row) {
    scales[row] = quantize_row(x + row * stride, columns, out + row * out_stride);
  }
}

void gemm_words(const std::int16_t* a, std::size_t lda, const float* row_scales, std::size_t m,
                const WordColumns& b, std::size_t n, std::size_t k, float* c,
                std::size_t ldc) noexcept {
  Tile tile{a, lda, row_scales, b.words, b.scales, k, c, ldc, {}};
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
    tile.c += kPanelColumns;
  }
}

}  // namespace ruvector::kernels::avx512
