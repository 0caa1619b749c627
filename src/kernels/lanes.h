// What the templates of lanes_*.h ask of the type `Lanes`: 16 floats in the registers of one level.
//
// A level defines Lanes in an anonymous namespace (avx512_lanes.h, avx2_lanes.h, neon_lanes.h), so
// that whatever is instantiated with it stays inside of its object; see kernels.h for why. The
// templates are the kernels of the encoders, written once for all levels but the scalar one.
//
//   kTileRows, kTileColumns      the tile of sums that fits the registers, columns in Lanes
//   kTilePixels                  pixels of a depthwise convolution whose sums fit the registers
//   Lanes::zero(), broadcast(x), load(p, part), x.store(p, part)
//                                `part` is Whole() or Lanes::first(count): the first count <= 16
//                                elements, the others are neither read nor written and load as 0
//   x.or_else(part, y)           x in the part, y outside of it
//   a + b, a - b, a * b          each rounded
//   fma(a, b, c)                 a * b + c, rounded once
//   greater(a, b), lesser(a, b)  a > b ? a : b and a < b ? a : b: b if one is a NaN
//   negative_magnitude(x)        -|x|
//   power_of_two(t)              2^n for t = kExpRound + n, see curves.h
//   fold(sums)                   the end of a "tree" with accumulators sums[0..3], see kernels.h
//   greatest(x)                  the greatest element of x, which has no NaN
//   Lanes::load_quarters(p0, p1, p2, p3)  four elements from each
//   transpose_quarters(x)        of four Lanes: element 4 q + i of x[j] becomes 4 q + j of x[i]
#pragma once

#include <cstddef>

namespace ruvector::kernels {

constexpr std::size_t kLanes = 16;

// All lanes of a Lanes.
struct Whole {};

template <std::size_t kValue>
struct Index {
  static constexpr std::size_t value = kValue;
};

// Calls step(Index<0>()) to step(Index<kEnd - 1>()). The compiler unrolls many a loop too late to
// keep the array of sums that it runs over in registers.
template <std::size_t kEnd, std::size_t kFirst = 0, class Step>
[[gnu::always_inline]] inline void unroll(const Step& step) {
  if constexpr (kFirst < kEnd) {
    step(Index<kFirst>());
    unroll<kEnd, kFirst + 1>(step);
  }
}

}  // namespace ruvector::kernels
