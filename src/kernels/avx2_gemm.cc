// A tile of 6 rows x 16 columns, a third of a panel, stays in registers over all of k.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx2.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx2 {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kColumns = 2;  // registers in a row of a tile
constexpr std::size_t kTileColumns = kColumns * kLanes;
constexpr std::size_t kRows = 6;  // 12 sums, 2 registers of B, 1 element of A

struct Tile {
  const float* a;
  std::size_t lda;
  const float* b;
  std::size_t k;
  float* c;
  std::size_t ldc;
  std::size_t columns;  // that exist, at most kTileColumns
};

inline void store(float* c, __m256 values, std::size_t columns) {
  if (columns >= kLanes) {
    _mm256_storeu_ps(c, values);
  } else {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i count = _mm256_set1_epi32(static_cast<std::int32_t>(columns));
    _mm256_maskstore_ps(c, _mm256_cmpgt_epi32(count, lane), values);
  }
}

template <std::size_t kTileRows>
inline void multiply(const Tile& tile) {
  __m256 sums[kTileRows][kColumns];
  for (auto& row : sums) {
    for (__m256& sum : row) sum = _mm256_setzero_ps();
  }
  const float* b = tile.b;
#pragma GCC unroll 1
  for (std::size_t i = 0; i < tile.k; ++i, b += kPanelColumns) {
    const __m256 right[kColumns] = {_mm256_loadu_ps(b), _mm256_loadu_ps(b + kLanes)};
    for (std::size_t row = 0; row < kTileRows; ++row) {
      const __m256 left = _mm256_broadcast_ss(tile.a + row * tile.lda + i);
      for (std::size_t j = 0; j < kColumns; ++j) {
        sums[row][j] = _mm256_fmadd_ps(left, right[j], sums[row][j]);
      }
    }
  }
  for (std::size_t row = 0; row < kTileRows; ++row) {
    float* c = tile.c + row * tile.ldc;
    store(c, sums[row][0], tile.columns);
    if (tile.columns > kLanes) store(c + kLanes, sums[row][1], tile.columns - kLanes);
  }
}

void multiply_rows(const Tile& tile, std::size_t rows) {
  switch (rows) {
    case 1:
      return multiply<1>(tile);
    case 2:
      return multiply<2>(tile);
    case 3:
      return multiply<3>(tile);
    case 4:
      return multiply<4>(tile);
    case 5:
      return multiply<5>(tile);
    case kRows:
      return multiply<kRows>(tile);
    default:
      return;
  }
}

}  // namespace

void gemm(const float* a, std::size_t lda, std::size_t m, const float* b, std::size_t n,
          std::size_t k, float* c, std::size_t ldc) noexcept {
  for (std::size_t panel = 0; panel < n; panel += kPanelColumns, b += k * kPanelColumns) {
    const std::size_t width = n - panel < kPanelColumns ? n - panel : kPanelColumns;
    for (std::size_t row = 0; row < m; row += kRows) {
      const std::size_t rows = m - row < kRows ? m - row : kRows;
      for (std::size_t column = 0; column < width; column += kTileColumns) {
        const std::size_t left = width - column;
        multiply_rows({a + row * lda, lda, b + column, k, c + row * ldc + panel + column, ldc,
                       left < kTileColumns ? left : kTileColumns},
                      rows);
      }
    }
  }
}

}  // namespace ruvector::kernels::avx2
