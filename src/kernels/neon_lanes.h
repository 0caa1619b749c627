// Lanes of the NEON level: four registers. lanes.h is the contract.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/lanes.h"

namespace ruvector::kernels::neon {
namespace {

struct Lanes {
  static constexpr std::size_t kTileRows = 6;     // 24 sums, 4 registers of B, 1 element of A
  static constexpr std::size_t kTileColumns = 1;  // a third of a panel of gemm
  static constexpr std::size_t kTilePixels = 4;

  struct Part {
    std::size_t count;
  };

  static Part first(std::size_t count) { return {count < kLanes ? count : kLanes}; }

  static Lanes zero() { return broadcast(0.0f); }
  static Lanes broadcast(float x) {
    const float32x4_t all = vdupq_n_f32(x);
    return {{all, all, all, all}};
  }
  static Lanes load(const float* p, Whole) {
    return {{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
  }
  static Lanes load(const float* p, Part part) {
    float padded[kLanes] = {};
    for (std::size_t i = 0; i < part.count; ++i) padded[i] = p[i];
    return load(padded, Whole());
  }
  static Lanes load_quarters(const float* p0, const float* p1, const float* p2, const float* p3) {
    return {{vld1q_f32(p0), vld1q_f32(p1), vld1q_f32(p2), vld1q_f32(p3)}};
  }

  void store(float* p, Whole) const {
    for (std::size_t i = 0; i < 4; ++i) vst1q_f32(p + 4 * i, quarter[i]);
  }
  void store(float* p, Part part) const {
    float padded[kLanes];
    store(padded, Whole());
    for (std::size_t i = 0; i < part.count; ++i) p[i] = padded[i];
  }
  Lanes or_else(Whole, Lanes) const { return *this; }
  Lanes or_else(Part part, Lanes other) const {
    float mixed[kLanes];
    other.store(mixed, Whole());
    store(mixed, part);
    return load(mixed, Whole());
  }

  float32x4_t quarter[4];
};

inline Lanes operator+(Lanes a, Lanes b) {
  for (std::size_t i = 0; i < 4; ++i) a.quarter[i] = vaddq_f32(a.quarter[i], b.quarter[i]);
  return a;
}
inline Lanes operator-(Lanes a, Lanes b) {
  for (std::size_t i = 0; i < 4; ++i) a.quarter[i] = vsubq_f32(a.quarter[i], b.quarter[i]);
  return a;
}
inline Lanes operator*(Lanes a, Lanes b) {
  for (std::size_t i = 0; i < 4; ++i) a.quarter[i] = vmulq_f32(a.quarter[i], b.quarter[i]);
  return a;
}
inline Lanes fma(Lanes a, Lanes b, Lanes c) {
  for (std::size_t i = 0; i < 4; ++i) {
    c.quarter[i] = vfmaq_f32(c.quarter[i], a.quarter[i], b.quarter[i]);
  }
  return c;
}
// Not vmaxq and vminq, which have other rules for NaN and for zeros of two signs.
inline Lanes greater(Lanes a, Lanes b) {
  for (std::size_t i = 0; i < 4; ++i) {
    b.quarter[i] = vbslq_f32(vcgtq_f32(a.quarter[i], b.quarter[i]), a.quarter[i], b.quarter[i]);
  }
  return b;
}
inline Lanes lesser(Lanes a, Lanes b) {
  for (std::size_t i = 0; i < 4; ++i) {
    b.quarter[i] = vbslq_f32(vcltq_f32(a.quarter[i], b.quarter[i]), a.quarter[i], b.quarter[i]);
  }
  return b;
}
inline Lanes negative_magnitude(Lanes a) {
  for (float32x4_t& quarter : a.quarter) quarter = vnegq_f32(vabsq_f32(quarter));
  return a;
}

inline Lanes power_of_two(Lanes t) {
  for (float32x4_t& quarter : t.quarter) {
    const uint32x4_t biased = vaddq_u32(vreinterpretq_u32_f32(quarter), vdupq_n_u32(127));
    quarter = vreinterpretq_f32_u32(vshlq_n_u32(biased, 23));
  }
  return t;
}

inline float fold(const Lanes (&sums)[4]) {
  const Lanes all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  const float32x4_t four = vaddq_f32(vaddq_f32(all.quarter[0], all.quarter[2]),
                                     vaddq_f32(all.quarter[1], all.quarter[3]));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

inline float greatest(Lanes a) {
  return vmaxvq_f32(
      vmaxq_f32(vmaxq_f32(a.quarter[0], a.quarter[1]), vmaxq_f32(a.quarter[2], a.quarter[3])));
}

inline void transpose_quarters(Lanes (&rows)[4]) {
  for (std::size_t q = 0; q < 4; ++q) {
    const float32x4x2_t even = vtrnq_f32(rows[0].quarter[q], rows[1].quarter[q]);
    const float32x4x2_t odd = vtrnq_f32(rows[2].quarter[q], rows[3].quarter[q]);
    rows[0].quarter[q] = vcombine_f32(vget_low_f32(even.val[0]), vget_low_f32(odd.val[0]));
    rows[1].quarter[q] = vcombine_f32(vget_low_f32(even.val[1]), vget_low_f32(odd.val[1]));
    rows[2].quarter[q] = vcombine_f32(vget_high_f32(even.val[0]), vget_high_f32(odd.val[0]));
    rows[3].quarter[q] = vcombine_f32(vget_high_f32(even.val[1]), vget_high_f32(odd.val[1]));
  }
}

}  // namespace
}  // namespace ruvector::kernels::neon
