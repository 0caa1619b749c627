#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx512.h"
#include "kernels/avx512_lanes.h"
#include "kernels/lanes_words.h"

namespace ruvector::kernels::avx512 {
namespace {

// See lanes_words.h. VPDPWSSD adds the 2 products of a lane to its sum.
struct Words {
  using Lanes = avx512::Lanes;
  using Left = __m512i;
  using Right = __m512i;
  using Sums = __m512i;
  static constexpr std::size_t kTileRows = 8;     // 24 sums, 3 registers of B, 1 of A
  static constexpr std::size_t kTileColumns = 3;  // a panel

  static Right load_right(const std::int16_t* b) { return _mm512_loadu_si512(b); }
  static Left broadcast(const std::int16_t* a) {
    std::int32_t group;
    __builtin_memcpy(&group, a, sizeof(group));
    return _mm512_set1_epi32(group);
  }
  static Sums zero() { return _mm512_setzero_si512(); }
  // By name: GCC 12 moves the sums of a large tile to memory and back around the intrinsic.
  static void add(Sums& sums, Left left, Right right) {
    asm("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(left), "v"(right));
  }
  static Lanes values(Sums sums) { return {_mm512_cvtepi32_ps(sums)}; }
  static void store(Lanes values, std::int16_t* out) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                        _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(values.x)));
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

}  // namespace ruvector::kernels::avx512
