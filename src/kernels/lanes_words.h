// Rows as 12 bits in 16 and their products, see encoder_kernels.h. What the templates ask of
// `Words`, beside the Lanes of lanes.h (a level defines it in an anonymous namespace):
//
//   Words::Lanes
//   kTileRows, kTileColumns      the tile of sums that fits the registers, columns in Lanes
//   Right, load_right(b)         2 k of 16 columns
//   Left, broadcast(a)           2 k of one row
//   Sums, zero(), add(sums, left, right)
//   values(sums)                 Lanes: float(sum over k of a * b)
//   store(values, out)           16 words, the nearest integers, ties to even
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/lanes.h"
#include "kernels/lanes_tile.h"

namespace ruvector::kernels {

// Writes the words of a row and returns its scale.
template <class Words>
inline float quantize_word_row(const float* x, std::size_t columns, std::int16_t* out) {
  using Lanes = typename Words::Lanes;
  const std::size_t whole = columns / kLanes * kLanes;
  const auto rest = Lanes::first(columns - whole);
  const Lanes last = Lanes::load(x + whole, rest);
  Lanes depth = negative_magnitude(last);  // -most
  for (std::size_t c = 0; c < whole; c += kLanes) {
    depth = lesser(negative_magnitude(Lanes::load(x + c, Whole())), depth);
  }
  const float most = greatest(Lanes::zero() - depth);
  const float scale = most < kLeastQuantised ? 1.0f : most / 2047.0f;

  const Lanes factor = Lanes::broadcast(1.0f / scale);
  for (std::size_t c = 0; c < whole; c += kLanes) {
    Words::store(Lanes::load(x + c, Whole()) * factor, out + c);
  }
  if (whole < columns) {
    std::int16_t words[kLanes];
    Words::store(last * factor, words);
    __builtin_memcpy(out + whole, words, (columns - whole) * sizeof(std::int16_t));
  }
  return scale;
}

template <class Words>
inline void quantize_word_rows(const float* x, std::size_t stride, std::size_t rows,
                               std::size_t columns, std::int16_t* out, std::size_t out_stride,
                               float* scales) {
  for (std::size_t row = 0; row < rows; ++row) {
    scales[row] = quantize_word_row<Words>(x + row * stride, columns, out + row * out_stride);
  }
}

// Some rows of A and, from their first column on, some columns of B that lie in one panel.
struct WordTile {
  const std::int16_t* a;
  std::size_t lda;
  const float* row_scales;
  WordColumns b;
  std::size_t k;
  float* c;
  std::size_t ldc;
  std::size_t columns;  // of C that exist
};

// Adds the sums over k from `first` to `end`, exact, to the totals. The loops over rows and columns
// are unrolled by force: an index that is not a constant would put the sums in memory.
template <class Words, std::size_t kRows, std::size_t kColumns>
inline void add_word_chunk(const WordTile& tile, std::size_t first, std::size_t end,
                           typename Words::Lanes (&totals)[kRows][kColumns]) {
  typename Words::Sums sums[kRows][kColumns];
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) sums[row][j] = Words::zero();
  }
  const std::int16_t* b = tile.b.words + first * kPanelColumns;
#pragma GCC unroll 1
  for (std::size_t i = first; i < end; i += 2, b += 2 * kPanelColumns) {
    typename Words::Right right[kColumns];
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) right[j] = Words::load_right(b + 2 * kLanes * j);
#pragma GCC unroll 8
    for (std::size_t row = 0; row < kRows; ++row) {
      const typename Words::Left left = Words::broadcast(tile.a + row * tile.lda + i);
#pragma GCC unroll 8
      for (std::size_t j = 0; j < kColumns; ++j) Words::add(sums[row][j], left, right[j]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) {
      totals[row][j] = totals[row][j] + Words::values(sums[row][j]);
    }
  }
}

template <class Words, std::size_t kRows>
inline void multiply_word_tile(const WordTile& tile) {
  using Lanes = typename Words::Lanes;
  constexpr std::size_t kColumns = Words::kTileColumns;
  Lanes totals[kRows][kColumns];
  for (auto& row : totals) {
    for (Lanes& total : row) total = Lanes::zero();
  }
#pragma GCC unroll 1
  for (std::size_t first = 0; first < tile.k; first += kWordChunk) {
    const std::size_t left = tile.k - first;
    add_word_chunk<Words>(tile, first, first + (left < kWordChunk ? left : kWordChunk), totals);
  }
  for (std::size_t row = 0; row < kRows; ++row) {
    const Lanes row_scale = Lanes::broadcast(tile.row_scales[row]);
    for (std::size_t j = 0; j < kColumns; ++j) {
      const std::size_t first = kLanes * j;
      const Lanes values =
          totals[row][j] * (row_scale * Lanes::load(tile.b.scales + first, Whole()));
      float* c = tile.c + row * tile.ldc + first;
      if (first + kLanes <= tile.columns) {
        values.store(c, Whole());
      } else if (first < tile.columns) {
        values.store(c, Lanes::first(tile.columns - first));
      }
    }
  }
}

// The tile of `rows` <= kRows rows.
template <class Words, std::size_t kRows = Words::kTileRows>
inline void multiply_word_rows(const WordTile& tile, std::size_t rows) {
  if (rows == kRows) {
    multiply_word_tile<Words, kRows>(tile);
  } else if constexpr (kRows > 1) {
    multiply_word_rows<Words, kRows - 1>(tile, rows);
  }
}

// All rows of A go past a panel before the next one, so that B comes from memory once.
template <class Words>
inline void multiply_words(const std::int16_t* a, std::size_t lda, const float* row_scales,
                           std::size_t m, const WordColumns& b, std::size_t n, std::size_t k,
                           float* c, std::size_t ldc) {
  constexpr std::size_t kColumns = Words::kTileColumns * kLanes;
  static_assert(kPanelColumns % kColumns == 0);
  const RowTiles<Words> tiles(m);
  for (std::size_t panel = 0; panel < n; panel += kPanelColumns) {
    const std::size_t width = n - panel < kPanelColumns ? n - panel : kPanelColumns;
    std::size_t row = 0;
    for (std::size_t number = 0; number < tiles.count; ++number) {
      const std::size_t rows = tiles.rows(number);
      for (std::size_t column = 0; column < width; column += kColumns) {
        const std::size_t left = panel + column;
        multiply_word_rows<Words>({a + row * lda,
                                   lda,
                                   row_scales + row,
                                   {b.words + panel * k + 2 * column, b.scales + left},
                                   k,
                                   c + row * ldc + left,
                                   ldc,
                                   width - column},
                                  rows);
      }
      row += rows;
    }
  }
}

}  // namespace ruvector::kernels
