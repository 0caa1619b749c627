#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx2.h"
#include "kernels/avx2_lanes.h"
#include "kernels/lanes_bytes.h"

namespace ruvector::kernels::avx2 {
namespace {

// See lanes_bytes.h. The products are of 16 bits by VPMADDWD: VPMADDUBSW would be shorter but stops
// at 32767, which two products of bytes exceed.
struct Bytes {
  using Lanes = avx2::Lanes;
  using Left = __m256i;
  // A register for 4 columns: 4 k of each as 16 bits; of sums 2 for each column.
  struct Quads {
    __m256i x[4];
  };
  using Right = Quads;
  using Sums = Quads;
  static constexpr std::size_t kTileRows = 2;     // 8 sums, 4 registers of B, 1 of A
  static constexpr std::size_t kTileColumns = 1;  // a third of a panel

  static Right load_right(const std::int8_t* b) {
    const auto load = [b](std::size_t i) {
      return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + 16 * i)));
    };
    return {{load(0), load(1), load(2), load(3)}};
  }
  static Left broadcast(const std::uint8_t* a) {
    std::int32_t group;
    __builtin_memcpy(&group, a, sizeof(group));
    return _mm256_cvtepu8_epi16(_mm_set1_epi32(group));
  }
  static Sums zero() {
    const __m256i zero = _mm256_setzero_si256();
    return {{zero, zero, zero, zero}};
  }
  static void add(Sums& sums, Left left, const Right& right) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      const __m256i products = _mm256_madd_epi16(left, right.x[i]);
      // By name: otherwise GCC 12 makes all products first and has no register left for a sum.
      asm("vpaddd %1, %0, %0" : "+x"(sums.x[i]) : "x"(products));
    }
  }

  static Lanes values(const Sums& sums, std::int32_t zero, const std::int32_t* column_sums) {
    return {eight_values(sums.x[0], sums.x[1], zero, column_sums),
            eight_values(sums.x[2], sums.x[3], zero, column_sums + 8)};
  }
  static __m256 eight_values(__m256i low, __m256i high, std::int32_t zero,
                             const std::int32_t* column_sums) {
    const __m256i sums = _mm256_permute4x64_epi64(_mm256_hadd_epi32(low, high), 0xd8);
    const __m256i of_zero = _mm256_mullo_epi32(
        _mm256_set1_epi32(zero), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(column_sums)));
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(sums, of_zero));
  }

  static std::int32_t round(float x) { return _mm_cvtss_si32(_mm_set_ss(x)); }
  static void store(Lanes values, std::int32_t zero, std::uint8_t* out) {
    const __m256i zeros = _mm256_set1_epi32(zero);
    const __m256i low = _mm256_add_epi32(_mm256_cvtps_epi32(values.low), zeros);
    const __m256i high = _mm256_add_epi32(_mm256_cvtps_epi32(values.high), zeros);
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(out),
        _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
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

}  // namespace ruvector::kernels::avx2
