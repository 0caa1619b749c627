// Self-attention, see encoder_kernels.h: two products of tiles around the softmax of a few rows of
// scores, which stay in the cache. `Lanes` is of lanes.h.
#pragma once

#include <cstddef>

#include "kernels/encoder_kernels.h"
#include "kernels/lanes.h"
#include "kernels/lanes_curves.h"
#include "kernels/lanes_tile.h"

namespace ruvector::kernels {

// Where attention keeps what in its scratch memory.
template <class Lanes>
struct AttentionMemory {
  static constexpr std::size_t kPanel = Lanes::kTileColumns * kLanes;  // keys in a packed panel

  // A row of scores is not a multiple of 4096 bytes, or all rows would fight for the same lines.
  static constexpr std::size_t kGap = kLanes;
  static_assert((kAttentionTokens + kPanel - 1) / kPanel * kPanel * kAttentionDim +
                    Lanes::kTileRows * (kAttentionTokens + kPanel + kGap) <=
                kAttentionScratch);

  explicit AttentionMemory(const Attention& attention)
      : panels((attention.tokens + kPanel - 1) / kPanel),
        keys(attention.scratch),
        scores(keys + panels * kPanel * attention.head_dim),
        row(panels * kPanel + kGap) {}

  std::size_t panels;
  float* keys;    // a panel is (head_dim, kPanel), so that a step of 16 keys is a register
  float* scores;  // kTileRows rows
  std::size_t row;
};

// Keys 16 at a time, four dimensions at a time; the last key stands for those that do not exist.
template <class Lanes>
inline void pack_keys(const Attention& attention, const AttentionMemory<Lanes>& memory) {
  constexpr std::size_t kPanel = AttentionMemory<Lanes>::kPanel;
  for (std::size_t first = 0; first < attention.tokens; first += kLanes) {
    const float* keys[kLanes];
    for (std::size_t j = 0; j < kLanes; ++j) {
      const std::size_t key = first + j < attention.tokens ? first + j : attention.tokens - 1;
      keys[j] = attention.keys + key * attention.stride;
    }
    float* out = memory.keys + first / kPanel * kPanel * attention.head_dim + first % kPanel;
    for (std::size_t d = 0; d < attention.head_dim; d += 4, out += 4 * kPanel) {
      Lanes rows[4];
      for (std::size_t j = 0; j < 4; ++j) {
        rows[j] =
            Lanes::load_quarters(keys[j] + d, keys[j + 4] + d, keys[j + 8] + d, keys[j + 12] + d);
      }
      transpose_quarters(rows);
      for (std::size_t i = 0; i < 4; ++i) rows[i].store(out + i * kPanel, Whole());
    }
  }
}

// Turns a row of scores into exp(score - greatest) and returns 1 / their sum. The scores of keys
// that do not exist may be anything, but are there up to a multiple of 16.
template <class Lanes>
inline float soften(float* scores, std::size_t tokens) {
  const std::size_t whole = tokens / kLanes * kLanes;
  const auto rest = Lanes::first(tokens - whole);
  const Lanes least = Lanes::broadcast(-__builtin_inff());
  Lanes most = least;
  if (whole < tokens) most = Lanes::load(scores + whole, Whole()).or_else(rest, least);
  most = greater(most, least);
  for (std::size_t j = 0; j < whole; j += kLanes) {
    most = greater(Lanes::load(scores + j, Whole()), most);
  }
  most = Lanes::broadcast(greatest(most));

  Lanes sums[4] = {Lanes::zero(), Lanes::zero(), Lanes::zero(), Lanes::zero()};
  for (std::size_t j = 0; j < whole; j += kLanes) {
    const Lanes p = exponential(Lanes::load(scores + j, Whole()) - most);
    p.store(scores + j, Whole());
    Lanes& sum = sums[j / kLanes % 4];
    sum = sum + p;
  }
  if (whole < tokens) {
    const Lanes p = exponential(Lanes::load(scores + whole, Whole()) - most);
    p.store(scores + whole, Whole());
    Lanes& sum = sums[whole / kLanes % 4];
    sum = sum + p.or_else(rest, Lanes::zero());
  }
  return 1.0f / fold(sums);
}

template <class Lanes>
inline void score_keys(const Attention& attention, const AttentionMemory<Lanes>& memory,
                       std::size_t first, std::size_t rows) {
  constexpr std::size_t kPanel = AttentionMemory<Lanes>::kPanel;
  for (std::size_t key = 0; key < attention.tokens; key += kPanel) {
    const std::size_t left = (attention.tokens - key + kLanes - 1) / kLanes * kLanes;
    multiply<Lanes>({attention.queries + first * attention.stride, attention.stride,
                     memory.keys + key * attention.head_dim, kPanel, attention.head_dim,
                     memory.scores + key, memory.row, left < kPanel ? left : kPanel},
                    rows);
  }
}

template <class Lanes>
inline void mix_values(const Attention& attention, const AttentionMemory<Lanes>& memory,
                       std::size_t first, std::size_t rows) {
  constexpr std::size_t kPanel = AttentionMemory<Lanes>::kPanel;
  float* out = attention.out + first * attention.out_stride;
  for (std::size_t d = 0; d < attention.head_dim; d += kPanel) {
    const std::size_t left = attention.head_dim - d;
    multiply<Lanes>(
        {memory.scores, memory.row, attention.values + d, attention.stride, attention.tokens,
         out + d, attention.out_stride, left < kPanel ? left : kPanel},
        rows);
  }
}

template <class Lanes>
inline void attend(const Attention& attention) {
  const AttentionMemory<Lanes> memory(attention);
  pack_keys(attention, memory);
  const RowTiles<Lanes> tiles(attention.tokens);
  for (std::size_t number = 0, first = 0; number < tiles.count; ++number) {
    const std::size_t rows = tiles.rows(number);
    score_keys(attention, memory, first, rows);
    float shares[Lanes::kTileRows];
    for (std::size_t row = 0; row < rows; ++row) {
      shares[row] = soften<Lanes>(memory.scores + row * memory.row, attention.tokens);
    }
    mix_values(attention, memory, first, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      float* out = attention.out + (first + row) * attention.out_stride;
      const Lanes share = Lanes::broadcast(shares[row]);
      for (std::size_t d = 0; d < attention.head_dim; d += kLanes) {
        (Lanes::load(out + d, Whole()) * share).store(out + d, Whole());
      }
    }
    first += rows;
  }
}

}  // namespace ruvector::kernels
