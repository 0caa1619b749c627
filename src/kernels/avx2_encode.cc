// What encoding needs: sums, the Walsh-Hadamard transform and the quantiser.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx2.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx2 {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kStep = 64;  // elements that go once round the tree's four accumulators

// The accumulators of a tree sum: accumulator a is in registers 2 a (lanes 0..7) and 2 a + 1.
struct Tree {
  __m256 sums[8];
};

inline Tree zero_tree() {
  Tree tree;
  for (__m256& sum : tree.sums) sum = _mm256_setzero_ps();
  return tree;
}

inline float fold(const Tree& tree) {
  const __m256(&s)[8] = tree.sums;
  const __m256 low = _mm256_add_ps(_mm256_add_ps(s[0], s[2]), _mm256_add_ps(s[4], s[6]));
  const __m256 high = _mm256_add_ps(_mm256_add_ps(s[1], s[3]), _mm256_add_ps(s[5], s[7]));
  const __m256 eight = _mm256_add_ps(low, high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

inline __m256 absolute(__m256 x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }

inline void add_sums(const float* x, Tree& magnitudes, Tree& squares) {
  const __m256 one = _mm256_set1_ps(1.0f);
  for (std::size_t j = 0; j < 8; ++j) {
    const __m256 value = _mm256_loadu_ps(x + kLanes * j);
    magnitudes.sums[j] = _mm256_fmadd_ps(absolute(value), one, magnitudes.sums[j]);
    squares.sums[j] = _mm256_fmadd_ps(value, value, squares.sums[j]);
  }
}

// --- Walsh-Hadamard: an upper lane of a pair gets the lower one minus itself. Multiplied by 1 or
// -1 the fused form rounds as the addition and the subtraction do.

// Strides 1, 2 and 4.
inline __m256 transform_lanes(__m256 x) {
  const __m256 odd = _mm256_setr_ps(1, -1, 1, -1, 1, -1, 1, -1);
  const __m256 upper_pair = _mm256_setr_ps(1, 1, -1, -1, 1, 1, -1, -1);
  const __m256 upper_half = _mm256_setr_ps(1, 1, 1, 1, -1, -1, -1, -1);
  x = _mm256_fmadd_ps(x, odd, _mm256_permute_ps(x, 0xb1));
  x = _mm256_fmadd_ps(x, upper_pair, _mm256_permute_ps(x, 0x4e));
  return _mm256_fmadd_ps(x, upper_half, _mm256_permute2f128_ps(x, x, 1));
}

// The strides between kCount registers.
template <std::size_t kCount>
inline void transform_registers(__m256 (&x)[kCount]) {
  for (std::size_t stride = 1; stride < kCount; stride *= 2) {
    for (std::size_t i = 0; i < kCount; ++i) {
      if ((i & stride) != 0) continue;
      const __m256 a = x[i];
      const __m256 b = x[i + stride];
      x[i] = _mm256_add_ps(a, b);
      x[i + stride] = _mm256_sub_ps(a, b);
    }
  }
}

// All strides below kCount * 8 for the kCount * 8 elements at x.
template <std::size_t kCount>
inline void transform_block(float* x) {
  __m256 values[kCount];
  for (std::size_t i = 0; i < kCount; ++i) {
    values[i] = transform_lanes(_mm256_loadu_ps(x + kLanes * i));
  }
  transform_registers(values);
  for (std::size_t i = 0; i < kCount; ++i) _mm256_storeu_ps(x + kLanes * i, values[i]);
}

// The strides stride, ..., stride * kCount / 2 over all n elements; stride is at least 8.
template <std::size_t kCount>
inline void transform_strides(float* x, std::size_t n, std::size_t stride) {
  for (std::size_t start = 0; start < n; start += kCount * stride) {
    for (std::size_t i = start; i < start + stride; i += kLanes) {
      __m256 values[kCount];
      for (std::size_t j = 0; j < kCount; ++j) values[j] = _mm256_loadu_ps(x + i + j * stride);
      transform_registers(values);
      for (std::size_t j = 0; j < kCount; ++j) _mm256_storeu_ps(x + i + j * stride, values[j]);
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
  __m256 scale;
  __m256 most;    // the largest magnitude
  __m256i upper;  // code of magnitude 0 of a non-negative value
};

// Codes of 8 values, one in each 32-bit lane.
inline __m256i quantize_lanes(const float* r, const Grid& grid, __m256& dot, __m256i& squares) {
  const __m256 value = _mm256_loadu_ps(r);
  const __m256 product = _mm256_mul_ps(absolute(value), grid.scale);
  const __m256i magnitude = _mm256_cvttps_epi32(_mm256_min_ps(product, grid.most));
  const __m256 negative = _mm256_cmp_ps(value, _mm256_setzero_ps(), _CMP_LT_OQ);
  // half + ~magnitude = half - 1 - magnitude
  const __m256i flipped = _mm256_xor_si256(magnitude, _mm256_castps_si256(negative));
  // z = +-(magnitude + 1/2), so (2 z)^2 is the square of an odd number below 2^15.
  const __m256 positive_z = _mm256_add_ps(_mm256_cvtepi32_ps(magnitude), _mm256_set1_ps(0.5f));
  const __m256 z = _mm256_xor_ps(positive_z, _mm256_and_ps(negative, _mm256_set1_ps(-0.0f)));
  dot = _mm256_fmadd_ps(value, z, dot);
  const __m256i odd =
      _mm256_add_epi32(_mm256_add_epi32(magnitude, magnitude), _mm256_set1_epi32(1));
  squares = _mm256_add_epi32(squares, _mm256_madd_epi16(odd, odd));
  return _mm256_add_epi32(grid.upper, flipped);
}

// Codes of 32 values; `dots` are the four registers of the tree that they go to.
inline void quantize_values(const float* r, const Grid& grid, __m256* dots, __m256i& squares,
                            std::uint8_t* codes) {
  const __m256i c0 = quantize_lanes(r, grid, dots[0], squares);
  const __m256i c1 = quantize_lanes(r + kLanes, grid, dots[1], squares);
  const __m256i c2 = quantize_lanes(r + 2 * kLanes, grid, dots[2], squares);
  const __m256i c3 = quantize_lanes(r + 3 * kLanes, grid, dots[3], squares);
  const __m256i packed =
      _mm256_packus_epi16(_mm256_packus_epi32(c0, c1), _mm256_packus_epi32(c2, c3));
  // Packing works in 128-bit halves: the dwords are now c0 c1 c2 c3 low, c0 c1 c2 c3 high.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes),
                      _mm256_permutevar8x32_epi32(packed, order));
}

inline std::int64_t reduce(__m256i values) {
  const __m256i pairs =
      _mm256_add_epi64(_mm256_cvtepu32_epi64(_mm256_castsi256_si128(values)),
                       _mm256_cvtepu32_epi64(_mm256_extracti128_si256(values, 1)));
  const __m128i two =
      _mm_add_epi64(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
  return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}

}  // namespace

void sums(const float* x, std::size_t n, float* out) noexcept {
  Tree magnitudes = zero_tree();
  Tree squares = zero_tree();
  std::size_t i = 0;
  for (; i + kStep <= n; i += kStep) add_sums(x + i, magnitudes, squares);
  if (i < n) {
    // Zeros leave these sums as they are, in every accumulator.
    float rest[kStep] = {};
    for (std::size_t j = 0; i + j < n; ++j) rest[j] = x[i + j];
    add_sums(rest, magnitudes, squares);
  }
  out[0] = fold(magnitudes);
  out[1] = fold(squares);
}

void walsh_hadamard(float* x, std::size_t n) noexcept {
  switch (n) {
    case 8:
      return transform_block<1>(x);
    case 16:
      return transform_block<2>(x);
    case 32:
      return transform_block<4>(x);
    default:
      break;
  }
  if (n < kLanes) return transform_short(x, n);
  std::size_t stride = 8 * kLanes;
  for (std::size_t start = 0; start < n; start += stride) transform_block<8>(x + start);
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
  const Grid grid = {_mm256_set1_ps(scale), _mm256_set1_ps(static_cast<float>(half - 1)),
                     _mm256_set1_epi32(half)};
  Tree dot = zero_tree();
  __m256i squares = _mm256_setzero_si256();
  for (std::size_t i = 0; i < n; i += kStep) {
    quantize_values(r + i, grid, dot.sums, squares, codes + i);
    quantize_values(r + i + kStep / 2, grid, dot.sums + 4, squares, codes + i + kStep / 2);
  }
  return {fold(dot), reduce(squares)};
}

}  // namespace ruvector::kernels::avx2
