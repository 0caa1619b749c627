// A tile of rows x 48 columns stays in registers over all of k.
#include <immintrin.h>

#include <cstddef>

#include "kernels/avx512.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx512 {
namespace {

constexpr int kMostColumns = kPanelColumns / 16;  // registers in a row of a panel
constexpr int kRows = 8;                          // 24 sums, 3 registers of B, 1 element of A

struct Tile {
  const float* a;
  std::size_t lda;
  const float* b;
  std::size_t k;
  float* c;
  std::size_t ldc;
  __mmask16 mask[kMostColumns];  // the columns that exist
};

template <int kTileRows, int kColumns>
inline void multiply(const Tile& tile) {
  __m512 sums[kTileRows][kColumns];
  for (int row = 0; row < kTileRows; ++row) {
    for (int j = 0; j < kColumns; ++j) sums[row][j] = _mm512_setzero_ps();
  }
  const float* b = tile.b;
#pragma GCC unroll 1
  for (std::size_t i = 0; i < tile.k; ++i, b += kPanelColumns) {
    __m512 right[kColumns];
    for (int j = 0; j < kColumns; ++j) right[j] = _mm512_loadu_ps(b + 16 * j);
    for (int row = 0; row < kTileRows; ++row) {
      const __m512 left = _mm512_set1_ps(tile.a[static_cast<std::size_t>(row) * tile.lda + i]);
      for (int j = 0; j < kColumns; ++j) {
        sums[row][j] = _mm512_fmadd_ps(left, right[j], sums[row][j]);
      }
    }
  }
  for (int row = 0; row < kTileRows; ++row) {
    float* c = tile.c + static_cast<std::size_t>(row) * tile.ldc;
    for (int j = 0; j < kColumns; ++j) {
      _mm512_mask_storeu_ps(c + 16 * j, tile.mask[j], sums[row][j]);
    }
  }
}

template <int kColumns>
void multiply_rest(const Tile& tile, std::size_t rows) {
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
    default:
      return;
  }
}

// All rows of one panel, of which kColumns registers hold columns that exist.
template <int kColumns>
void multiply_panel(Tile tile, std::size_t m) {
  std::size_t row = 0;
  for (; row + kRows <= m; row += kRows) {
    multiply<kRows, kColumns>(tile);
    tile.a += kRows * tile.lda;
    tile.c += kRows * tile.ldc;
  }
  multiply_rest<kColumns>(tile, m - row);
}

}  // namespace

void gemm(const float* a, std::size_t lda, std::size_t m, const float* b, std::size_t n,
          std::size_t k, float* c, std::size_t ldc) noexcept {
  for (std::size_t column = 0; column < n; column += kPanelColumns, b += k * kPanelColumns) {
    Tile tile{a, lda, b, k, c + column, ldc, {}};
    for (std::size_t j = 0; j < kMostColumns; ++j) {
      const std::size_t start = column + 16 * j;
      const std::size_t left = n > start ? n - start : 0;
      tile.mask[j] = static_cast<__mmask16>(left >= 16 ? 0xffffu : (1u << left) - 1);
    }
    if (tile.mask[2] != 0) {
      multiply_panel<3>(tile, m);
    } else if (tile.mask[1] != 0) {
      multiply_panel<2>(tile, m);
    } else {
      multiply_panel<1>(tile, m);
    }
  }
}

}  // namespace ruvector::kernels::avx512
