// Few values are chosen of many: eight are compared at once, and the bits of those few are walked.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx2.h"

namespace ruvector::kernels::avx2 {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kHalfWord = 32;

// A bit for each of 32 bytes that is not 0.
inline std::uint64_t half_word(const std::uint8_t* mask) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask));
  const __m256i zeros = _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256());
  return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(zeros));
}

}  // namespace

std::size_t select_between(const float* values, std::size_t count, float above, float limit,
                           std::uint32_t* indices) noexcept {
  const __m256 low = _mm256_set1_ps(above);
  const __m256 high = _mm256_set1_ps(limit);
  std::size_t chosen = 0;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const __m256 lanes = _mm256_loadu_ps(values + i);
    const __m256 between = _mm256_and_ps(_mm256_cmp_ps(lanes, low, _CMP_GT_OQ),
                                         _mm256_cmp_ps(lanes, high, _CMP_LE_OQ));
    for (auto bits = static_cast<unsigned>(_mm256_movemask_ps(between)); bits != 0;
         bits &= bits - 1) {
      indices[chosen++] =
          static_cast<std::uint32_t>(i) + static_cast<std::uint32_t>(__builtin_ctz(bits));
    }
  }
  for (; i < count; ++i) {
    if (values[i] > above && values[i] <= limit) {
      indices[chosen++] = static_cast<std::uint32_t>(i);
    }
  }
  return chosen;
}

std::size_t pack_mask(const std::uint8_t* mask, std::size_t count, std::uint64_t* words) noexcept {
  std::size_t set = 0;
  const std::size_t whole = count / (2 * kHalfWord);
  for (std::size_t w = 0; w < whole; ++w, mask += 2 * kHalfWord) {
    const std::uint64_t word = half_word(mask) | half_word(mask + kHalfWord) << kHalfWord;
    words[w] = word;
    set += static_cast<std::size_t>(__builtin_popcountll(word));
  }
  if (count % (2 * kHalfWord) == 0) return set;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count % (2 * kHalfWord); ++i) {
    word |= std::uint64_t{mask[i] != 0} << i;
  }
  words[whole] = word;
  return set + static_cast<std::size_t>(__builtin_popcountll(word));
}

}  // namespace ruvector::kernels::avx2
