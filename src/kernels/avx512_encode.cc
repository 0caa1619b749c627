// What encoding needs: sums, the Walsh-Hadamard transform and the quantiser.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx512.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx512 {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kBlock = 8 * kLanes;  // elements that a pass keeps in registers

inline float fold(const __m512 (&sums)[4]) {
  const __m512 all =
      _mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3]));
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

inline void add_sums(__m512 x, __m512& magnitudes, __m512& squares) {
  magnitudes = _mm512_fmadd_ps(_mm512_abs_ps(x), _mm512_set1_ps(1.0f), magnitudes);
  squares = _mm512_fmadd_ps(x, x, squares);
}

// --- Walsh-Hadamard: an upper lane of a pair gets the lower one minus itself. Multiplied by 1 or
// -1 the fused form rounds as the addition and the subtraction do.

template <int kUpper>
inline __m512 combine(__m512 x, __m512 partner) {
  const __m512 signs = _mm512_mask_mov_ps(_mm512_set1_ps(1.0f), kUpper, _mm512_set1_ps(-1.0f));
  return _mm512_fmadd_ps(x, signs, partner);
}

// Strides 1, 2, 4 and 8.
inline __m512 transform_lanes(__m512 x) {
  x = combine<0xaaaa>(x, _mm512_permute_ps(x, 0xb1));
  x = combine<0xcccc>(x, _mm512_permute_ps(x, 0x4e));
  x = combine<0xf0f0>(x, _mm512_shuffle_f32x4(x, x, 0xb1));
  return combine<0xff00>(x, _mm512_shuffle_f32x4(x, x, 0x4e));
}

// The strides between kCount registers.
template <int kCount>
inline void transform_registers(__m512 (&x)[kCount]) {
  for (int stride = 1; stride < kCount; stride *= 2) {
    for (int i = 0; i < kCount; ++i) {
      if ((i & stride) != 0) continue;
      const __m512 a = x[i];
      const __m512 b = x[i + stride];
      x[i] = _mm512_add_ps(a, b);
      x[i + stride] = _mm512_sub_ps(a, b);
    }
  }
}

// All strides below kCount * 16 for the kCount * 16 elements at x.
template <int kCount>
inline void transform_block(float* x) {
  __m512 values[kCount];
  for (int i = 0; i < kCount; ++i) {
    values[i] = transform_lanes(_mm512_loadu_ps(x + kLanes * static_cast<std::size_t>(i)));
  }
  transform_registers(values);
  for (int i = 0; i < kCount; ++i) {
    _mm512_storeu_ps(x + kLanes * static_cast<std::size_t>(i), values[i]);
  }
}

// The strides stride, ..., stride * kCount / 2 over all n elements; stride is at least 16.
template <int kCount>
inline void transform_strides(float* x, std::size_t n, std::size_t stride) {
  for (std::size_t start = 0; start < n; start += kCount * stride) {
    for (std::size_t i = start; i < start + stride; i += kLanes) {
      __m512 values[kCount];
      for (int j = 0; j < kCount; ++j) {
        values[j] = _mm512_loadu_ps(x + i + static_cast<std::size_t>(j) * stride);
      }
      transform_registers(values);
      for (int j = 0; j < kCount; ++j) {
        _mm512_storeu_ps(x + i + static_cast<std::size_t>(j) * stride, values[j]);
      }
    }
  }
}

void transform_short(float* x, std::size_t n) {
  for (std::size_t stride = 1; stride < n; stride *= 2) {
    for (std::size_t i = 0; i < n; ++i) {
      if ((i & stride) != 0) continue;
      const float a = x[i];
      const float b = x[i + stride];
      x[i] = a + b;
      x[i + stride] = a - b;
    }
  }
}

// --- quantize

struct Grid {
  __m512 scale;
  __m512 most;    // the largest magnitude
  __m512i upper;  // code of magnitude 0 of a non-negative value
  __m512i lower;  // and of a negative one
};

inline void quantize_step(const float* r, const Grid& grid, std::uint8_t* codes, __m512& dot,
                          __m512i& squares) {
  const __m512 value = _mm512_loadu_ps(r);
  const __m512 product = _mm512_mul_ps(_mm512_abs_ps(value), grid.scale);
  const __m512i magnitude = _mm512_cvttps_epi32(_mm512_min_ps(product, grid.most));
  const __mmask16 negative = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
  const __m512i code = _mm512_mask_sub_epi32(_mm512_add_epi32(grid.upper, magnitude), negative,
                                             grid.lower, magnitude);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(codes), _mm512_cvtepi32_epi8(code));
  // z = +-(magnitude + 1/2), so (2 z)^2 is the square of an odd number below 2^15.
  const __m512 positive_z = _mm512_add_ps(_mm512_cvtepi32_ps(magnitude), _mm512_set1_ps(0.5f));
  const __m512 z = _mm512_mask_sub_ps(positive_z, negative, _mm512_setzero_ps(), positive_z);
  dot = _mm512_fmadd_ps(value, z, dot);
  const __m512i odd =
      _mm512_add_epi32(_mm512_add_epi32(magnitude, magnitude), _mm512_set1_epi32(1));
  squares = _mm512_add_epi32(squares, _mm512_madd_epi16(odd, odd));
}

}  // namespace

void sums(const float* x, std::size_t n, float* out) noexcept {
  const __m512 zero = _mm512_setzero_ps();
  __m512 magnitudes[4] = {zero, zero, zero, zero};
  __m512 squares[4] = {zero, zero, zero, zero};
  std::size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    for (std::size_t j = 0; j < 4; ++j) {
      add_sums(_mm512_loadu_ps(x + i + kLanes * j), magnitudes[j], squares[j]);
    }
  }
  for (std::size_t j = 0; j < 4; ++j, i += kLanes) {
    if (i >= n) break;
    const std::size_t left = n - i;
    const __mmask16 mask = static_cast<__mmask16>(left >= kLanes ? 0xffffu : (1u << left) - 1);
    add_sums(_mm512_maskz_loadu_ps(mask, x + i), magnitudes[j], squares[j]);
  }
  out[0] = fold(magnitudes);
  out[1] = fold(squares);
}

void walsh_hadamard(float* x, std::size_t n) noexcept {
  switch (n) {
    case 16:
      return transform_block<1>(x);
    case 32:
      return transform_block<2>(x);
    case 64:
      return transform_block<4>(x);
    default:
      break;
  }
  if (n < kLanes) return transform_short(x, n);
  for (std::size_t start = 0; start < n; start += kBlock) transform_block<8>(x + start);
  std::size_t stride = kBlock;
  for (; 8 * stride <= n; stride *= 8) transform_strides<8>(x, n, stride);
  if (4 * stride <= n) {
    transform_strides<4>(x, n, stride);
  } else if (2 * stride <= n) {
    transform_strides<2>(x, n, stride);
  }
}

QuantizedSums quantize(const float* r, std::size_t n, float scale, std::uint32_t bits,
                       std::uint8_t* codes) noexcept {
  const std::int32_t half = 1 << (bits - 1);
  const Grid grid = {_mm512_set1_ps(scale), _mm512_set1_ps(static_cast<float>(half - 1)),
                     _mm512_set1_epi32(half), _mm512_set1_epi32(half - 1)};
  const __m512 zero = _mm512_setzero_ps();
  __m512 dot[4] = {zero, zero, zero, zero};
  __m512i squares = _mm512_setzero_si512();
  for (std::size_t i = 0; i < n; i += 4 * kLanes) {
    for (std::size_t j = 0; j < 4; ++j) {
      quantize_step(r + i + kLanes * j, grid, codes + i + kLanes * j, dot[j], squares);
    }
  }
  const __m512i low = _mm512_cvtepu32_epi64(_mm512_castsi512_si256(squares));
  const __m512i high = _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(squares, 1));
  return {fold(dot), _mm512_reduce_add_epi64(_mm512_add_epi64(low, high))};
}

}  // namespace ruvector::kernels::avx512
