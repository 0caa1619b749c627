#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/lanes_words.h"
#include "kernels/neon.h"
#include "kernels/neon_lanes.h"

namespace ruvector::kernels::neon {
namespace {

// See lanes_words.h.
struct Words {
  using Lanes = neon::Lanes;
  using Left = int16x8_t;
  struct Right {
    int16x8_t x[4];  // 4 columns each
  };
  struct Sums {
    int32x4_t x[8];  // 2 columns each, a sum for either k of a group
  };
  static constexpr std::size_t kTileRows = 3;     // 24 sums, 4 registers of B, 1 of A
  static constexpr std::size_t kTileColumns = 1;  // a third of a panel

  static Right load_right(const std::int16_t* b) {
    return {{vld1q_s16(b), vld1q_s16(b + 8), vld1q_s16(b + 16), vld1q_s16(b + 24)}};
  }
  static Left broadcast(const std::int16_t* a) {
    std::uint32_t group;
    __builtin_memcpy(&group, a, sizeof(group));
    return vreinterpretq_s16_u32(vdupq_n_u32(group));
  }
  static Sums zero() {
    Sums sums;
    for (int32x4_t& x : sums.x) x = vdupq_n_s32(0);
    return sums;
  }
  static void add(Sums& sums, Left left, const Right& right) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      sums.x[2 * i] = vmlal_s16(sums.x[2 * i], vget_low_s16(left), vget_low_s16(right.x[i]));
      sums.x[2 * i + 1] = vmlal_high_s16(sums.x[2 * i + 1], left, right.x[i]);
    }
  }
  static Lanes values(const Sums& sums) {
    Lanes values;
    for (std::size_t i = 0; i < 4; ++i) {
      values.quarter[i] = vcvtq_f32_s32(vpaddq_s32(sums.x[2 * i], sums.x[2 * i + 1]));
    }
    return values;
  }
  static void store(Lanes values, std::int16_t* out) {
    for (std::size_t i = 0; i < 4; ++i) {
      vst1_s16(out + 4 * i, vqmovn_s32(vcvtnq_s32_f32(values.quarter[i])));
    }
  }
};

}  // namespace

void quantize_words(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    std::int16_t* out, std::size_t out_stride, float* scales) noexcept {
  quantize_word_rows<Words>(x, stride, rows, columns, out, out_stride, scales);
}

void gemm_words(const std::int16_t* a, std::size_t lda, const float* row_scales, std::size_t m,
                const WordColumns& b, std::size_t n, std::size_t k, float* c,
                std::size_t ldc) noexcept {
  multiply_words<Words>(a, lda, row_scales, m, b, n, k, c, ldc);
}

}  // namespace ruvector::kernels::neon
