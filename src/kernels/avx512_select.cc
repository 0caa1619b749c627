// What is chosen is packed to the front of a register and stored from there.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx512.h"

namespace ruvector::kernels::avx512 {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kWordBytes = 64;

inline __mmask16 first_lanes(std::size_t count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffff : (1U << count) - 1U);
}

}  // namespace

std::size_t select_between(const float* values, std::size_t count, float above, float limit,
                           std::uint32_t* indices) noexcept {
  const __m512 low = _mm512_set1_ps(above);
  const __m512 high = _mm512_set1_ps(limit);
  __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < count; i += kLanes) {
    const __mmask16 there = first_lanes(count - i);
    const __m512 lanes = _mm512_maskz_loadu_ps(there, values + i);
    const __mmask16 beyond = _mm512_mask_cmp_ps_mask(there, lanes, low, _CMP_GT_OQ);
    const __mmask16 between = _mm512_mask_cmp_ps_mask(beyond, lanes, high, _CMP_LE_OQ);
    const auto found = static_cast<std::size_t>(__builtin_popcount(between));
    _mm512_mask_storeu_epi32(indices + chosen, first_lanes(found),
                             _mm512_maskz_compress_epi32(between, numbers));
    chosen += found;
    numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(kLanes));
  }
  return chosen;
}

std::size_t pack_mask(const std::uint8_t* mask, std::size_t count, std::uint64_t* words) noexcept {
  std::size_t set = 0;
  for (std::size_t i = 0; i < count; i += kWordBytes) {
    const std::size_t left = count - i;
    const __mmask64 there =
        left >= kWordBytes ? ~__mmask64{0} : (__mmask64{1} << left) - __mmask64{1};
    const __m512i bytes = _mm512_maskz_loadu_epi8(there, mask + i);
    const std::uint64_t word = _mm512_test_epi8_mask(bytes, bytes);
    words[i / kWordBytes] = word;
    set += static_cast<std::size_t>(__builtin_popcountll(word));
  }
  return set;
}

}  // namespace ruvector::kernels::avx512
