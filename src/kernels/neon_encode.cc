// What encoding needs: sums, the Walsh-Hadamard transform and the quantiser.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/neon.h"

namespace ruvector::kernels::neon {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kStep = 64;  // elements that go once round the tree's four accumulators

// The accumulators of a tree sum: accumulator a is in registers 4 a (lanes 0..3) to 4 a + 3.
struct Tree {
  float32x4_t sums[16];
};

inline Tree zero_tree() {
  Tree tree;
  for (float32x4_t& sum : tree.sums) sum = vdupq_n_f32(0.0f);
  return tree;
}

inline float fold(const Tree& tree) {
  const float32x4_t(&s)[16] = tree.sums;
  float32x4_t all[4];
  for (std::size_t i = 0; i < 4; ++i) {
    all[i] = vaddq_f32(vaddq_f32(s[i], s[4 + i]), vaddq_f32(s[8 + i], s[12 + i]));
  }
  const float32x4_t four = vaddq_f32(vaddq_f32(all[0], all[2]), vaddq_f32(all[1], all[3]));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

inline void add_sums(const float* x, Tree& magnitudes, Tree& squares) {
  const float32x4_t one = vdupq_n_f32(1.0f);
  for (std::size_t j = 0; j < 16; ++j) {
    const float32x4_t value = vld1q_f32(x + kLanes * j);
    magnitudes.sums[j] = vfmaq_f32(magnitudes.sums[j], vabsq_f32(value), one);
    squares.sums[j] = vfmaq_f32(squares.sums[j], value, value);
  }
}

// --- Walsh-Hadamard: an upper lane of a pair gets the lower one minus itself. Multiplied by 1 or
// -1 the fused form rounds as the addition and the subtraction do.

// Strides 1 and 2.
inline float32x4_t transform_lanes(float32x4_t x) {
  static constexpr float kOdd[4] = {1, -1, 1, -1};
  static constexpr float kUpper[4] = {1, 1, -1, -1};
  x = vfmaq_f32(vrev64q_f32(x), x, vld1q_f32(kOdd));
  return vfmaq_f32(vextq_f32(x, x, 2), x, vld1q_f32(kUpper));
}

// The strides between kCount registers.
template <std::size_t kCount>
inline void transform_registers(float32x4_t (&x)[kCount]) {
  for (std::size_t stride = 1; stride < kCount; stride *= 2) {
    for (std::size_t i = 0; i < kCount; ++i) {
      if ((i & stride) != 0) continue;
      const float32x4_t a = x[i];
      const float32x4_t b = x[i + stride];
      x[i] = vaddq_f32(a, b);
      x[i + stride] = vsubq_f32(a, b);
    }
  }
}

// All strides below kCount * 4 for the kCount * 4 elements at x.
template <std::size_t kCount>
inline void transform_block(float* x) {
  float32x4_t values[kCount];
  for (std::size_t i = 0; i < kCount; ++i) {
    values[i] = transform_lanes(vld1q_f32(x + kLanes * i));
  }
  transform_registers(values);
  for (std::size_t i = 0; i < kCount; ++i) vst1q_f32(x + kLanes * i, values[i]);
}

// The strides stride, ..., stride * kCount / 2 over all n elements; stride is at least 4.
template <std::size_t kCount>
inline void transform_strides(float* x, std::size_t n, std::size_t stride) {
  for (std::size_t start = 0; start < n; start += kCount * stride) {
    for (std::size_t i = start; i < start + stride; i += kLanes) {
      float32x4_t values[kCount];
      for (std::size_t j = 0; j < kCount; ++j) values[j] = vld1q_f32(x + i + j * stride);
      transform_registers(values);
      for (std::size_t j = 0; j < kCount; ++j) vst1q_f32(x + i + j * stride, values[j]);
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
  float32x4_t scale;
  float32x4_t most;  // the largest magnitude
  int32x4_t upper;   // code of magnitude 0 of a non-negative value
};

// Codes of 4 values, one in each 32-bit lane.
inline int32x4_t quantize_lanes(const float* r, const Grid& grid, float32x4_t& dot,
                                int32x4_t& squares) {
  const float32x4_t value = vld1q_f32(r);
  const float32x4_t product = vmulq_f32(vabsq_f32(value), grid.scale);
  const int32x4_t magnitude = vcvtq_s32_f32(vminq_f32(product, grid.most));
  const uint32x4_t negative = vcltzq_f32(value);
  // half + ~magnitude = half - 1 - magnitude
  const int32x4_t flipped = veorq_s32(magnitude, vreinterpretq_s32_u32(negative));
  // z = +-(magnitude + 1/2), so (2 z)^2 is the square of an odd number.
  const float32x4_t positive_z = vaddq_f32(vcvtq_f32_s32(magnitude), vdupq_n_f32(0.5f));
  const float32x4_t z = vbslq_f32(negative, vnegq_f32(positive_z), positive_z);
  dot = vfmaq_f32(dot, value, z);
  const int32x4_t odd = vaddq_s32(vaddq_s32(magnitude, magnitude), vdupq_n_s32(1));
  squares = vmlaq_s32(squares, odd, odd);
  return vaddq_s32(grid.upper, flipped);
}

// Codes of 16 values; `dots` are the four registers of the tree that they go to.
inline void quantize_values(const float* r, const Grid& grid, float32x4_t* dots, int32x4_t& squares,
                            std::uint8_t* codes) {
  const int32x4_t c0 = quantize_lanes(r, grid, dots[0], squares);
  const int32x4_t c1 = quantize_lanes(r + kLanes, grid, dots[1], squares);
  const int32x4_t c2 = quantize_lanes(r + 2 * kLanes, grid, dots[2], squares);
  const int32x4_t c3 = quantize_lanes(r + 3 * kLanes, grid, dots[3], squares);
  const int16x8_t low = vcombine_s16(vmovn_s32(c0), vmovn_s32(c1));
  const int16x8_t high = vcombine_s16(vmovn_s32(c2), vmovn_s32(c3));
  vst1q_u8(codes, vcombine_u8(vqmovun_s16(low), vqmovun_s16(high)));
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
    case 4:
      return transform_block<1>(x);
    case 8:
      return transform_block<2>(x);
    case 16:
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
  const Grid grid = {vdupq_n_f32(scale), vdupq_n_f32(static_cast<float>(half - 1)),
                     vdupq_n_s32(half)};
  Tree dot = zero_tree();
  int32x4_t squares = vdupq_n_s32(0);
  for (std::size_t i = 0; i < n; i += kStep) {
    for (std::size_t j = 0; j < 4; ++j) {
      quantize_values(r + i + 16 * j, grid, dot.sums + 4 * j, squares, codes + i + 16 * j);
    }
  }
  const std::uint64_t total = vaddlvq_u32(vreinterpretq_u32_s32(squares));
  return {fold(dot), static_cast<std::int64_t>(total)};
}

}  // namespace ruvector::kernels::neon
