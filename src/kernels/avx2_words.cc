#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx2.h"
#include "kernels/avx2_lanes.h"
#include "kernels/lanes_words.h"

namespace ruvector::kernels::avx2 {
namespace {

// See lanes_words.h.
struct Words {
  using Lanes = avx2::Lanes;
  using Left = __m256i;
  struct Right {
    __m256i x[2];  // 8 columns each
  };
  using Sums = Right;
  static constexpr std::size_t kTileRows = 5;     // 10 sums, 2 registers of B, 1 of A
  static constexpr std::size_t kTileColumns = 1;  // a third of a panel

  static Right load_right(const std::int16_t* b) {
    const auto* x = reinterpret_cast<const __m256i*>(b);
    return {{_mm256_loadu_si256(x), _mm256_loadu_si256(x + 1)}};
  }
  static Left broadcast(const std::int16_t* a) {
    std::int32_t group;
    __builtin_memcpy(&group, a, sizeof(group));
    return _mm256_set1_epi32(group);
  }
  static Sums zero() { return {{_mm256_setzero_si256(), _mm256_setzero_si256()}}; }
  static void add(Sums& sums, Left left, const Right& right) {
#pragma GCC unroll 2
    for (std::size_t i = 0; i < 2; ++i) {
      const __m256i products = _mm256_madd_epi16(left, right.x[i]);
      // By name: otherwise GCC 12 makes all products first and has no register left for a sum.
      asm("vpaddd %1, %0, %0" : "+x"(sums.x[i]) : "x"(products));
    }
  }
  static Lanes values(const Sums& sums) {
    return {_mm256_cvtepi32_ps(sums.x[0]), _mm256_cvtepi32_ps(sums.x[1])};
  }
  static void store(Lanes values, std::int16_t* out) {
    const __m256i words =
        _mm256_packs_epi32(_mm256_cvtps_epi32(values.low), _mm256_cvtps_epi32(values.high));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_permute4x64_epi64(words, 0xd8));
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

}  // namespace ruvector::kernels::avx2
