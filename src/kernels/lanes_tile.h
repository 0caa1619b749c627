// C = A * B for a few rows and columns that stay in registers over all of k: the inside of gemm and
// of attention. Each element is a chain over k. `Lanes` is of lanes.h.
#pragma once

#include <cstddef>

#include "kernels/lanes.h"

namespace ruvector::kernels {

struct Tile {
  const float* a;
  std::size_t lda;
  const float* b;  // whole Lanes, also where no column of C exists
  std::size_t ldb;
  std::size_t k;
  float* c;
  std::size_t ldc;
  std::size_t columns;  // of C that exist

  // What will be read soon, as long as this strip of B; null: nothing.
  const float* ahead = nullptr;
};

// The tile of kRows rows and of more than kColumns * 16 - 16, at most kColumns * 16 columns.
template <class Lanes, std::size_t kRows, std::size_t kColumns, bool kAhead>
inline void multiply_tile(const Tile& tile) {
  Lanes sums[kRows * kColumns];
  unroll<kRows * kColumns>([&](auto i) { sums[i.value] = Lanes::zero(); });
  const float* b = tile.b;
  const float* ahead = tile.ahead;
#pragma GCC unroll 1
  for (std::size_t i = 0; i < tile.k; ++i, b += tile.ldb) {
    if constexpr (kAhead) {
      for (std::size_t j = 0; j < kColumns; ++j, ahead += kLanes) __builtin_prefetch(ahead, 0, 2);
    }
    Lanes right[kColumns];
    unroll<kColumns>([&](auto j) { right[j.value] = Lanes::load(b + kLanes * j.value, Whole()); });
    unroll<kRows>([&](auto row) {
      const Lanes left = Lanes::broadcast(tile.a[row.value * tile.lda + i]);
      unroll<kColumns>([&](auto j) {
        Lanes& sum = sums[row.value * kColumns + j.value];
        sum = fma(left, right[j.value], sum);
      });
    });
  }
  const auto store = [&](auto last) {
    unroll<kRows>([&](auto row) {
      float* c = tile.c + row.value * tile.ldc;
      const Lanes* line = sums + row.value * kColumns;
      unroll<kColumns - 1>([&](auto j) { line[j.value].store(c + kLanes * j.value, Whole()); });
      line[kColumns - 1].store(c + kLanes * (kColumns - 1), last);
    });
  };
  // Some processors take many times as long for a masked store, even if its mask is full.
  if (tile.columns == kColumns * kLanes) {
    store(Whole());
  } else {
    store(Lanes::first(tile.columns - (kColumns - 1) * kLanes));
  }
}

// The tile of `rows` <= kRows rows.
template <class Lanes, std::size_t kColumns, bool kAhead, std::size_t kRows = Lanes::kTileRows>
inline void multiply_rows(const Tile& tile, std::size_t rows) {
  if (rows == kRows) {
    multiply_tile<Lanes, kRows, kColumns, kAhead>(tile);
  } else if constexpr (kRows > 1) {
    multiply_rows<Lanes, kColumns, kAhead, kRows - 1>(tile, rows);
  }
}

// The tile of `rows` <= kTileRows rows and tile.columns <= kTileColumns * 16 columns.
template <class Lanes, bool kAhead = false, std::size_t kColumns = Lanes::kTileColumns>
inline void multiply(const Tile& tile, std::size_t rows) {
  if (kColumns == 1 || tile.columns > (kColumns - 1) * kLanes) {
    multiply_rows<Lanes, kColumns, kAhead>(tile, rows);
  } else if constexpr (kColumns > 1) {
    multiply<Lanes, kAhead, kColumns - 1>(tile, rows);
  }
}

// How m rows are split into tiles of nearly the same height: a tile of one or two rows would wait
// for its own sums. A template, so that it stays inside of its object.
template <class Lanes>
struct RowTiles {
  explicit RowTiles(std::size_t m)
      : count((m + Lanes::kTileRows - 1) / Lanes::kTileRows),
        height(count > 0 ? m / count : 0),
        taller(m - count * height) {}

  std::size_t rows(std::size_t number) const { return height + (number < taller ? 1 : 0); }

  std::size_t count;
  std::size_t height;
  std::size_t taller;  // the first ones have a row more
};

}  // namespace ruvector::kernels
