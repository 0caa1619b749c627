// Lanes of the AVX2 level: two registers. lanes.h is the contract.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/lanes.h"

namespace ruvector::kernels::avx2 {
namespace {

struct Lanes {
  static constexpr std::size_t kTileRows = 6;     // 12 sums, 2 registers of B, 1 element of A
  static constexpr std::size_t kTileColumns = 1;  // a third of a panel of gemm
  static constexpr std::size_t kTilePixels = 4;

  struct Part {
    __m256i low;
    __m256i high;
  };

  static Part first(std::size_t count) {
    alignas(32) static constexpr std::int32_t kMasks[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                            -1, -1, -1, -1, -1, -1, -1, -1};
    const std::int32_t* mask = kMasks + kLanes - (count < kLanes ? count : kLanes);
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask)),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask + 8))};
  }

  static Lanes zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  static Lanes broadcast(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  static Lanes load(const float* p, Whole) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
  static Lanes load(const float* p, Part part) {
    return {_mm256_maskload_ps(p, part.low), _mm256_maskload_ps(p + 8, part.high)};
  }

  static Lanes load_quarters(const float* p0, const float* p1, const float* p2, const float* p3) {
    const __m256 low = _mm256_castps128_ps256(_mm_loadu_ps(p0));
    const __m256 high = _mm256_castps128_ps256(_mm_loadu_ps(p2));
    return {_mm256_insertf128_ps(low, _mm_loadu_ps(p1), 1),
            _mm256_insertf128_ps(high, _mm_loadu_ps(p3), 1)};
  }

  void store(float* p, Whole) const {
    _mm256_storeu_ps(p, low);
    _mm256_storeu_ps(p + 8, high);
  }
  void store(float* p, Part part) const {
    _mm256_maskstore_ps(p, part.low, low);
    _mm256_maskstore_ps(p + 8, part.high, high);
  }
  Lanes or_else(Whole, Lanes) const { return *this; }
  Lanes or_else(Part part, Lanes other) const {
    return {_mm256_blendv_ps(other.low, low, _mm256_castsi256_ps(part.low)),
            _mm256_blendv_ps(other.high, high, _mm256_castsi256_ps(part.high))};
  }

  __m256 low;
  __m256 high;
};

inline Lanes operator+(Lanes a, Lanes b) {
  return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
inline Lanes operator-(Lanes a, Lanes b) {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
inline Lanes operator*(Lanes a, Lanes b) {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
inline Lanes fma(Lanes a, Lanes b, Lanes c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline Lanes greater(Lanes a, Lanes b) {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline Lanes lesser(Lanes a, Lanes b) {
  return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}
inline Lanes negative_magnitude(Lanes a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(a.low, sign), _mm256_or_ps(a.high, sign)};
}

inline __m256 power_of_two(__m256 t) {
  const __m256i biased = _mm256_add_epi32(_mm256_castps_si256(t), _mm256_set1_epi32(127));
  return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}
inline Lanes power_of_two(Lanes t) { return {power_of_two(t.low), power_of_two(t.high)}; }

inline float fold(const Lanes (&sums)[4]) {
  const Lanes all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  const __m256 eight = _mm256_add_ps(all.low, all.high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

inline float greatest(Lanes a) {
  const __m256 eight = _mm256_max_ps(a.low, a.high);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

inline void transpose_quarters(__m256& row0, __m256& row1, __m256& row2, __m256& row3) {
  const __m256 low01 = _mm256_unpacklo_ps(row0, row1);
  const __m256 low23 = _mm256_unpacklo_ps(row2, row3);
  const __m256 high01 = _mm256_unpackhi_ps(row0, row1);
  const __m256 high23 = _mm256_unpackhi_ps(row2, row3);
  row0 = _mm256_shuffle_ps(low01, low23, 0x44);
  row1 = _mm256_shuffle_ps(low01, low23, 0xee);
  row2 = _mm256_shuffle_ps(high01, high23, 0x44);
  row3 = _mm256_shuffle_ps(high01, high23, 0xee);
}
inline void transpose_quarters(Lanes (&rows)[4]) {
  transpose_quarters(rows[0].low, rows[1].low, rows[2].low, rows[3].low);
  transpose_quarters(rows[0].high, rows[1].high, rows[2].high, rows[3].high);
}

}  // namespace
}  // namespace ruvector::kernels::avx2
