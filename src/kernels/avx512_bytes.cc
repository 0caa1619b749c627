#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx512.h"
#include "kernels/avx512_lanes.h"
#include "kernels/lanes_bytes.h"

namespace ruvector::kernels::avx512 {
namespace {

// See lanes_bytes.h. VPDPBUSD adds the 4 products of a lane to its sum.
struct Bytes {
  using Lanes = avx512::Lanes;
  using Left = __m512i;
  using Right = __m512i;
  using Sums = __m512i;
  static constexpr std::size_t kTileRows = 8;     // 24 sums, 3 registers of B, 1 of A
  static constexpr std::size_t kTileColumns = 3;  // a panel

  static Right load_right(const std::int8_t* b) { return _mm512_loadu_si512(b); }
  static Left broadcast(const std::uint8_t* a) {
    std::int32_t group;
    __builtin_memcpy(&group, a, sizeof(group));
    return _mm512_set1_epi32(group);
  }
  static Sums zero() { return _mm512_setzero_si512(); }
  // By name: GCC 12 moves the sums of a large tile to memory and back around the intrinsic.
  static void add(Sums& sums, Left left, Right right) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(left), "v"(right));
  }
  static Lanes values(Sums sums, std::int32_t zero, const std::int32_t* column_sums) {
    const __m512i of_zero =
        _mm512_mullo_epi32(_mm512_set1_epi32(zero), _mm512_loadu_si512(column_sums));
    return {_mm512_cvtepi32_ps(_mm512_sub_epi32(sums, of_zero))};
  }
  static std::int32_t round(float x) { return _mm_cvtss_si32(_mm_set_ss(x)); }
  static void store(Lanes values, std::int32_t zero, std::uint8_t* out) {
    const __m512i bytes = _mm512_add_epi32(_mm512_cvtps_epi32(values.x), _mm512_set1_epi32(zero));
    // The narrowing stops at 255.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                     _mm512_cvtusepi32_epi8(_mm512_max_epi32(bytes, _mm512_setzero_si512())));
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

}  // namespace ruvector::kernels::avx512
