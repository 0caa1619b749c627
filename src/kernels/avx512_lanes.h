// Lanes of the AVX-512 level: one register. lanes.h is the contract.
#pragma once

#include <immintrin.h>

#include <cstddef>

#include "kernels/lanes.h"

namespace ruvector::kernels::avx512 {
namespace {

struct Lanes {
  static constexpr std::size_t kTileRows = 8;     // 24 sums, 3 registers of B, 1 element of A
  static constexpr std::size_t kTileColumns = 3;  // a panel of gemm
  static constexpr std::size_t kTilePixels = 7;   // divides 7, 14, 28 and 56, the widths in use

  static __mmask16 first(std::size_t count) {
    return static_cast<__mmask16>(count >= kLanes ? 0xffffu : (1u << count) - 1);
  }

  static Lanes zero() { return {_mm512_setzero_ps()}; }
  static Lanes broadcast(float x) { return {_mm512_set1_ps(x)}; }
  static Lanes load(const float* p, Whole) { return {_mm512_loadu_ps(p)}; }
  static Lanes load(const float* p, __mmask16 part) { return {_mm512_maskz_loadu_ps(part, p)}; }

  static Lanes load_quarters(const float* p0, const float* p1, const float* p2, const float* p3) {
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(p0));
    x = _mm512_insertf32x4(x, _mm_loadu_ps(p1), 1);
    x = _mm512_insertf32x4(x, _mm_loadu_ps(p2), 2);
    return {_mm512_insertf32x4(x, _mm_loadu_ps(p3), 3)};
  }

  void store(float* p, Whole) const { _mm512_storeu_ps(p, x); }
  void store(float* p, __mmask16 part) const { _mm512_mask_storeu_ps(p, part, x); }
  Lanes or_else(Whole, Lanes) const { return *this; }
  Lanes or_else(__mmask16 part, Lanes other) const {
    return {_mm512_mask_mov_ps(other.x, part, x)};
  }

  __m512 x;
};

inline Lanes operator+(Lanes a, Lanes b) { return {_mm512_add_ps(a.x, b.x)}; }
inline Lanes operator-(Lanes a, Lanes b) { return {_mm512_sub_ps(a.x, b.x)}; }
inline Lanes operator*(Lanes a, Lanes b) { return {_mm512_mul_ps(a.x, b.x)}; }
inline Lanes fma(Lanes a, Lanes b, Lanes c) { return {_mm512_fmadd_ps(a.x, b.x, c.x)}; }
inline Lanes greater(Lanes a, Lanes b) { return {_mm512_max_ps(a.x, b.x)}; }
inline Lanes lesser(Lanes a, Lanes b) { return {_mm512_min_ps(a.x, b.x)}; }
inline Lanes negative_magnitude(Lanes a) { return {_mm512_or_ps(a.x, _mm512_set1_ps(-0.0f))}; }

inline Lanes power_of_two(Lanes t) {
  const __m512i biased = _mm512_add_epi32(_mm512_castps_si512(t.x), _mm512_set1_epi32(127));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(biased, 23))};
}

inline float fold(const Lanes (&sums)[4]) {
  const __m512 all = ((sums[0] + sums[1]) + (sums[2] + sums[3])).x;
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

inline float greatest(Lanes a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a.x), _mm512_extractf32x8_ps(a.x, 1));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

inline void transpose_quarters(Lanes (&rows)[4]) {
  const __m512 low01 = _mm512_unpacklo_ps(rows[0].x, rows[1].x);
  const __m512 low23 = _mm512_unpacklo_ps(rows[2].x, rows[3].x);
  const __m512 high01 = _mm512_unpackhi_ps(rows[0].x, rows[1].x);
  const __m512 high23 = _mm512_unpackhi_ps(rows[2].x, rows[3].x);
  rows[0].x = _mm512_shuffle_ps(low01, low23, 0x44);
  rows[1].x = _mm512_shuffle_ps(low01, low23, 0xee);
  rows[2].x = _mm512_shuffle_ps(high01, high23, 0x44);
  rows[3].x = _mm512_shuffle_ps(high01, high23, 0xee);
}

}  // namespace
}  // namespace ruvector::kernels::avx512
