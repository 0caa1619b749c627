#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/lanes_bytes.h"
#include "kernels/neon.h"
#include "kernels/neon_lanes.h"

namespace ruvector::kernels::neon {
namespace {

// See lanes_bytes.h. NEON multiplies no unsigned by signed bytes, so A is lowered by 128. Then two
// neighbouring products fit 16 bits: 2 * 128 * 127 < 32768.
struct Bytes {
  using Lanes = neon::Lanes;
  using Left = int8x16_t;
  struct Right {
    int8x16_t x[4];  // 4 columns each
  };
  struct Sums {
    int32x4_t x[4];
  };
  static constexpr std::size_t kTileRows = 4;     // 16 sums, 4 registers of B, 1 of A
  static constexpr std::size_t kTileColumns = 1;  // a third of a panel

  static Right load_right(const std::int8_t* b) {
    return {{vld1q_s8(b), vld1q_s8(b + 16), vld1q_s8(b + 32), vld1q_s8(b + 48)}};
  }
  static Left broadcast(const std::uint8_t* a) {
    std::uint32_t group;
    __builtin_memcpy(&group, a, sizeof(group));
    return vreinterpretq_s8_u32(vdupq_n_u32(group ^ 0x80808080u));
  }
  static Sums zero() {
    const int32x4_t zero = vdupq_n_s32(0);
    return {{zero, zero, zero, zero}};
  }
  static void add(Sums& sums, Left left, const Right& right) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      const int16x8_t low = vmull_s8(vget_low_s8(left), vget_low_s8(right.x[i]));
      const int16x8_t high = vmull_high_s8(left, right.x[i]);
      sums.x[i] = vpadalq_s16(sums.x[i], vpaddq_s16(low, high));
    }
  }
  static Lanes values(const Sums& sums, std::int32_t zero, const std::int32_t* column_sums) {
    Lanes values;
    for (std::size_t i = 0; i < 4; ++i) {
      const int32x4_t sum = vmlaq_n_s32(sums.x[i], vld1q_s32(column_sums + 4 * i), 128 - zero);
      values.quarter[i] = vcvtq_f32_s32(sum);
    }
    return values;
  }
  static std::int32_t round(float x) { return vcvtns_s32_f32(x); }
  static void store(Lanes values, std::int32_t zero, std::uint8_t* out) {
    const int32x4_t zeros = vdupq_n_s32(zero);
    int16x4_t words[4];
    for (std::size_t i = 0; i < 4; ++i) {
      words[i] = vqmovn_s32(vaddq_s32(vcvtnq_s32_f32(values.quarter[i]), zeros));
    }
    vst1q_u8(out, vcombine_u8(vqmovun_s16(vcombine_s16(words[0], words[1])),
                              vqmovun_s16(vcombine_s16(words[2], words[3]))));
  }
};

}  // namespace

void quantize_bytes(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    const float* factors, std::uint8_t* out, std::size_t out_stride,
                    ByteScale* scales) noexcept {
  quantize_byte_rows<Bytes>(x, stride, rows, columns, factors, out, out_stride, scales);
}

void gemm_bytes(const ByteRows& a, std::size_t m, const ByteColumns& b, std::size_t n,
                std::size_t k, float* c, std::size_t ldc) noexcept {
  multiply_bytes<Bytes>(a, m, b, n, k, c, ldc);
}

}  // namespace ruvector::kernels::neon
