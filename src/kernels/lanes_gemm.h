// The product of a matrix with packed panels, see kernels.h. `Lanes` is of lanes.h.
//
// All rows of A go past a panel before the next one, so that B comes from memory once and A, the
// smaller side, from the cache. Whole tiles come first: with few rows the first one waits for the
// memory and has the most to do meanwhile, the rest finds the panel in the cache.
#pragma once

#include <cstddef>

#include "kernels/kernels.h"
#include "kernels/lanes.h"
#include "kernels/lanes_tile.h"

namespace ruvector::kernels {

template <class Lanes>
inline void multiply_packed(const float* a, std::size_t lda, std::size_t m, const float* b,
                            std::size_t n, std::size_t k, float* c, std::size_t ldc) {
  constexpr std::size_t kRows = Lanes::kTileRows;
  constexpr std::size_t kColumns = Lanes::kTileColumns * kLanes;
  static_assert(kPanelColumns % kColumns == 0);
  // Tiles narrower than a panel read it in strips. The processor does not see that the strips fill
  // each other's gaps, so the tiles of the first rows, a strip each, fetch the next panel in order:
  // twice as fast with few rows. A tile as wide as the panel only loses by that.
  constexpr bool kStrips = kColumns < kPanelColumns;
  for (std::size_t panel = 0; panel < n; panel += kPanelColumns, b += k * kPanelColumns) {
    const std::size_t width = n - panel < kPanelColumns ? n - panel : kPanelColumns;
    const float* next = n - panel > kPanelColumns ? b + k * kPanelColumns : nullptr;
    for (std::size_t row = 0; row < m; row += kRows) {
      const std::size_t rows = m - row < kRows ? m - row : kRows;
      for (std::size_t column = 0; column < width; column += kColumns) {
        const std::size_t left = width - column;
        Tile tile{a + row * lda,
                  lda,
                  b + column,
                  kPanelColumns,
                  k,
                  c + row * ldc + panel + column,
                  ldc,
                  left < kColumns ? left : kColumns};
        if (kStrips && row == 0 && next != nullptr) {
          tile.ahead = next + column * k;
          multiply<Lanes, kStrips>(tile, rows);
        } else {
          multiply<Lanes>(tile, rows);
        }
      }
    }
  }
}

}  // namespace ruvector::kernels
