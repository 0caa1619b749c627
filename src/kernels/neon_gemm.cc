// A tile of 6 rows x 16 columns, a third of a panel, stays in registers over all of k.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/neon.h"

namespace ruvector::kernels::neon {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kColumns = 4;  // registers in a row of a tile
constexpr std::size_t kTileColumns = kColumns * kLanes;
constexpr std::size_t kRows = 6;  // 24 sums, 4 registers of B, 1 element of A

struct Tile {
  const float* a;
  std::size_t lda;
  const float* b;
  std::size_t k;
  float* c;
  std::size_t ldc;
  std::size_t columns;  // that exist, at most kTileColumns
};

template <std::size_t kTileRows>
inline void multiply(const Tile& tile) {
  float32x4_t sums[kTileRows][kColumns];
  for (auto& row : sums) {
    for (float32x4_t& sum : row) sum = vdupq_n_f32(0.0f);
  }
  const float* b = tile.b;
#pragma GCC unroll 1
  for (std::size_t i = 0; i < tile.k; ++i, b += kPanelColumns) {
    float32x4_t right[kColumns];
    for (std::size_t j = 0; j < kColumns; ++j) right[j] = vld1q_f32(b + kLanes * j);
    for (std::size_t row = 0; row < kTileRows; ++row) {
      const float32x4_t left = vld1q_dup_f32(tile.a + row * tile.lda + i);
      for (std::size_t j = 0; j < kColumns; ++j) {
        sums[row][j] = vfmaq_f32(sums[row][j], left, right[j]);
      }
    }
  }
  for (std::size_t row = 0; row < kTileRows; ++row) {
    float line[kTileColumns];
    for (std::size_t j = 0; j < kColumns; ++j) vst1q_f32(line + kLanes * j, sums[row][j]);
    __builtin_memcpy(tile.c + row * tile.ldc, line, tile.columns * sizeof(float));
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

}  // namespace ruvector::kernels::neon
