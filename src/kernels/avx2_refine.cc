// Each plane is widened to one byte per dimension, 64 at a time in the order of the dimensions, and
// multiplied with both halves of the query by vpmaddubsw.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx2.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx2 {
namespace {

constexpr std::size_t kRecordsAhead = 12;
constexpr std::size_t kChunk = 64;  // dimensions

inline __m256i load(const void* place) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(place));
}

// Codes of 64 dimensions as bytes, dims 0..31 and 32..63.
struct Chunk {
  __m256i first;
  __m256i second;
};

// Bits 0..31 of `bits` as bytes 0 and 1.
inline __m256i spread_bits(std::int32_t bits) {
  const __m256i byte_of_bit = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2,
                                               2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201u));
  const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte_of_bit);
  return _mm256_min_epu8(_mm256_and_si256(bytes, bit), _mm256_set1_epi8(1));
}

template <int kWidth>
inline Chunk widen(const std::uint8_t* chunk) {
  if constexpr (kWidth == 4) {
    const __m256i mask = _mm256_set1_epi8(0x0f);
    const __m256i bytes = load(chunk);
    return {_mm256_and_si256(bytes, mask), _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask)};
  } else if constexpr (kWidth == 2) {
    const __m256i mask = _mm256_set1_epi8(0x03);
    const __m256i bytes =
        _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(chunk)));
    const __m256i first = _mm256_srlv_epi64(bytes, _mm256_setr_epi64x(0, 0, 2, 2));
    const __m256i second = _mm256_srlv_epi64(bytes, _mm256_setr_epi64x(4, 4, 6, 6));
    return {_mm256_and_si256(first, mask), _mm256_and_si256(second, mask)};
  } else {
    std::int32_t bits[2];
    __builtin_memcpy(bits, chunk, sizeof(bits));
    return {spread_bits(bits[0]), spread_bits(bits[1])};
  }
}

// Adds the products of 64 codes and a query: in 16 bits at most 4 * 15 * 128, so nothing saturates.
inline __m256i add_products(const Chunk& codes, const std::int8_t* query, __m256i sum) {
  const __m256i first = _mm256_maddubs_epi16(codes.first, load(query));
  const __m256i second = _mm256_maddubs_epi16(codes.second, load(query + 32));
  const __m256i pairs = _mm256_add_epi16(first, second);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

inline std::int32_t reduce(__m256i sum) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

// Sum of code * (128 * high + low) over a plane: below 2^31 as long as dims <= 8192.
template <int kWidth>
inline std::int64_t plane_dot(const std::uint8_t* plane, std::size_t dims,
                              const RefineQuery& query) {
  __m256i high = _mm256_setzero_si256();
  __m256i low = _mm256_setzero_si256();
  for (std::size_t d = 0; d < dims; d += kChunk, plane += 8 * kWidth) {
    const Chunk codes = widen<kWidth>(plane);
    high = add_products(codes, query.high + d, high);
    low = add_products(codes, query.low + d, low);
  }
  return reduce(_mm256_add_epi32(_mm256_slli_epi32(high, 7), low));
}

// The planes of `kBits`, highest first: 4 bits while at least 4 are left, then 2, then 1.
template <int kBits>
inline std::int64_t record_dot(const std::uint8_t* record, std::size_t dims,
                               const RefineQuery& query) {
  constexpr int kWidth = kBits >= 4 ? 4 : kBits >= 2 ? 2 : 1;
  constexpr int kLeft = kBits - kWidth;
  const std::int64_t dot = plane_dot<kWidth>(record, dims, query);
  if constexpr (kLeft == 0) {
    return dot;
  } else {
    return (dot << kLeft) + record_dot<kLeft>(record + dims / 8 * kWidth, dims, query);
  }
}

inline void prefetch_record(const std::uint8_t* record, std::size_t stride) {
  const char* place = reinterpret_cast<const char*>(record);
  for (std::size_t byte = 0; byte < stride; byte += 64) _mm_prefetch(place + byte, _MM_HINT_T0);
  _mm_prefetch(place + stride - 1, _MM_HINT_T0);
}

template <int kBits>
void refine_records(const RefineCodes& codes, const RefineQuery& query, const std::uint32_t* slots,
                    std::size_t count, float* estimates, float* bounds) {
  const std::size_t lead = count < kRecordsAhead ? count : kRecordsAhead;
  for (std::size_t i = 0; i < lead; ++i) {
    prefetch_record(codes.records + slots[i] * codes.stride, codes.stride);
  }
  const std::size_t code_bytes = codes.dims / 8 * kBits;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kRecordsAhead < count) {
      prefetch_record(codes.records + slots[i + kRecordsAhead] * codes.stride, codes.stride);
    }
    const std::uint8_t* record = codes.records + slots[i] * codes.stride;
    const std::int64_t dot = record_dot<kBits>(record, codes.dims, query);
    float factors[3];  // add, rescale, error
    __builtin_memcpy(factors, record + code_bytes, sizeof(factors));
    const float s = query.step * static_cast<float>(2 * dot - query.center);
    const float estimate = factors[0] - factors[1] * s;
    if (estimates != nullptr) estimates[i] = estimate;
    bounds[i] = estimate - factors[2] * query.error_scale;
  }
}

}  // namespace

void refine(const RefineCodes& codes, const RefineQuery& query, const std::uint32_t* slots,
            std::size_t count, float* estimates, float* bounds) noexcept {
  switch (codes.bits) {
    case 2:
      return refine_records<2>(codes, query, slots, count, estimates, bounds);
    case 3:
      return refine_records<3>(codes, query, slots, count, estimates, bounds);
    case 4:
      return refine_records<4>(codes, query, slots, count, estimates, bounds);
    case 5:
      return refine_records<5>(codes, query, slots, count, estimates, bounds);
    case 6:
      return refine_records<6>(codes, query, slots, count, estimates, bounds);
    case 7:
      return refine_records<7>(codes, query, slots, count, estimates, bounds);
    case 8:
      return refine_records<8>(codes, query, slots, count, estimates, bounds);
    default:
      return;
  }
}

}  // namespace ruvector::kernels::avx2
