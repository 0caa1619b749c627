// Rows as bytes and their products, see encoder_kernels.h. What the templates ask of `Bytes`,
// beside the Lanes of lanes.h (a level defines it in an anonymous namespace, as it does Lanes):
//
//   Bytes::Lanes
//   kTileRows, kTileColumns      the tile of sums that fits the registers, columns in Lanes
//   Right, load_right(b)         4 k of 16 columns
//   Left, broadcast(a)           4 k of one row
//   Sums, zero(), add(sums, left, right)
//   values(sums, zero, column_sums)  Lanes: float(sum over k of (a - zero) * b)
//   round(x)                     the nearest integer, ties to even
//   store(values, zero, out)     16 bytes clamp(round(value) + zero, 0, 255)
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/lanes.h"
#include "kernels/lanes_tile.h"

namespace ruvector::kernels {

// Calls visit(c, part) for each step of 16 of `columns` columns.
template <class Lanes, class Visit>
inline void each_step(std::size_t columns, const Visit& visit) {
  std::size_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) visit(c, Whole());
  if (c < columns) visit(c, Lanes::first(columns - c));
}

template <class Bytes>
inline ByteScale quantize_byte_row(const float* x, std::size_t columns, const float* factors,
                                   std::uint8_t* out) {
  using Lanes = typename Bytes::Lanes;
  const auto load = [=](std::size_t c, auto part) {
    const Lanes values = Lanes::load(x + c, part);
    return factors != nullptr ? values * Lanes::load(factors + c, part) : values;
  };
  Lanes high = Lanes::zero();
  Lanes depth = Lanes::zero();  // -low
  each_step<Lanes>(columns, [&](std::size_t c, auto part) {
    const Lanes values = load(c, part);
    high = greater(values, high);
    depth = greater(Lanes::zero() - values, depth);
  });
  const float minus_low = greatest(depth);
  const float range = greatest(high) + minus_low;
  const float scale = range < kLeastQuantised ? 1.0f : range / 255.0f;
  const float inverse = 1.0f / scale;
  const std::int32_t zero = Bytes::round(minus_low * inverse);

  const Lanes factor = Lanes::broadcast(inverse);
  std::size_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) {
    Bytes::store(load(c, Whole()) * factor, zero, out + c);
  }
  if (c < columns) {
    std::uint8_t last[kLanes];
    Bytes::store(load(c, Lanes::first(columns - c)) * factor, zero, last);
    __builtin_memcpy(out + c, last, columns - c);
  }
  return {scale, zero};
}

template <class Bytes>
inline void quantize_byte_rows(const float* x, std::size_t stride, std::size_t rows,
                               std::size_t columns, const float* factors, std::uint8_t* out,
                               std::size_t out_stride, ByteScale* scales) {
  for (std::size_t row = 0; row < rows; ++row) {
    scales[row] =
        quantize_byte_row<Bytes>(x + row * stride, columns, factors, out + row * out_stride);
  }
}

// Some rows of A and, from their first column on, some columns of B that lie in one panel.
struct ByteTile {
  ByteRows a;
  ByteColumns b;
  std::size_t k;
  float* c;
  std::size_t ldc;
  std::size_t columns;  // of C that exist
};

// Writes a row of C.
template <class Bytes, std::size_t kColumns>
inline void finish_byte_row(const ByteTile& tile, std::size_t row,
                            const typename Bytes::Sums (&sums)[kColumns]) {
  using Lanes = typename Bytes::Lanes;
  const ByteScale& scale = tile.a.scales[row];
  Lanes values[kColumns];
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kColumns; ++j) {
    values[j] = Bytes::values(sums[j], scale.zero, tile.b.sums + kLanes * j) *
                (Lanes::broadcast(scale.scale) * Lanes::load(tile.b.scales + kLanes * j, Whole()));
  }
  const float* left = tile.a.exact + row * tile.a.exact_stride;
  const float* right = tile.b.exact;
  for (std::size_t e = 0; e < tile.b.exact_rows; ++e, right += kPanelColumns) {
    const Lanes all = Lanes::broadcast(left[e]);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) {
      values[j] = fma(all, Lanes::load(right + kLanes * j, Whole()), values[j]);
    }
  }
  float* c = tile.c + row * tile.ldc;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kColumns; ++j) {
    const std::size_t first = kLanes * j;
    if (first + kLanes <= tile.columns) {
      values[j].store(c + first, Whole());
    } else if (first < tile.columns) {
      values[j].store(c + first, Lanes::first(tile.columns - first));
    }
  }
}

// The loops over rows and columns are unrolled by force: an index that is not a constant would put
// the sums in memory.
template <class Bytes, std::size_t kRows>
inline void multiply_byte_tile(const ByteTile& tile) {
  constexpr std::size_t kColumns = Bytes::kTileColumns;
  typename Bytes::Sums sums[kRows][kColumns];
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) sums[row][j] = Bytes::zero();
  }
  const std::int8_t* b = tile.b.bytes;
#pragma GCC unroll 1
  for (std::size_t i = 0; i < tile.k; i += 4, b += 4 * kPanelColumns) {
    typename Bytes::Right right[kColumns];
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kColumns; ++j) right[j] = Bytes::load_right(b + 4 * kLanes * j);
#pragma GCC unroll 8
    for (std::size_t row = 0; row < kRows; ++row) {
      const typename Bytes::Left left = Bytes::broadcast(tile.a.bytes + row * tile.a.stride + i);
#pragma GCC unroll 8
      for (std::size_t j = 0; j < kColumns; ++j) Bytes::add(sums[row][j], left, right[j]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t row = 0; row < kRows; ++row) finish_byte_row<Bytes>(tile, row, sums[row]);
}

// The tile of `rows` <= kRows rows.
template <class Bytes, std::size_t kRows = Bytes::kTileRows>
inline void multiply_byte_rows(const ByteTile& tile, std::size_t rows) {
  if (rows == kRows) {
    multiply_byte_tile<Bytes, kRows>(tile);
  } else if constexpr (kRows > 1) {
    multiply_byte_rows<Bytes, kRows - 1>(tile, rows);
  }
}

// All rows of A go past a panel before the next one, so that B comes from memory once.
template <class Bytes>
inline void multiply_bytes(const ByteRows& a, std::size_t m, const ByteColumns& b, std::size_t n,
                           std::size_t k, float* c, std::size_t ldc) {
  constexpr std::size_t kColumns = Bytes::kTileColumns * kLanes;
  static_assert(kPanelColumns % kColumns == 0);
  const RowTiles<Bytes> tiles(m);
  for (std::size_t panel = 0; panel < n; panel += kPanelColumns) {
    const std::size_t width = n - panel < kPanelColumns ? n - panel : kPanelColumns;
    std::size_t row = 0;
    for (std::size_t number = 0; number < tiles.count; ++number) {
      const std::size_t rows = tiles.rows(number);
      for (std::size_t column = 0; column < width; column += kColumns) {
        const std::size_t left = panel + column;
        const auto* exact = b.exact_rows == 0 ? nullptr : b.exact + panel * b.exact_rows + column;
        multiply_byte_rows<Bytes>({{a.bytes + row * a.stride, a.stride, a.scales + row,
                                    a.exact + row * a.exact_stride, a.exact_stride},
                                   {b.bytes + panel * k + 4 * column, b.scales + left,
                                    b.sums + left, exact, b.exact_rows},
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
