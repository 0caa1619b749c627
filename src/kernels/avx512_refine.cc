// Each plane is widened to one byte per dimension, 64 at a time in the order of the dimensions, and
// multiplied with both halves of the query by vpdpbusd.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx512.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx512 {
namespace {

constexpr std::size_t kRecordsAhead = 12;
constexpr std::size_t kChunk = 64;        // dimensions
constexpr std::size_t kShortDims = 1024;  // up to which a record's sum fits 32 bits

inline __m512i load_query(const std::int8_t* place) { return _mm512_loadu_si512(place); }

// The 64 codes of a chunk as bytes.
template <int kWidth>
inline __m512i widen(const std::uint8_t* chunk) {
  if constexpr (kWidth == 4) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(chunk));
    const __m512i both =
        _mm512_inserti64x4(_mm512_castsi256_si512(bytes), _mm256_srli_epi16(bytes, 4), 1);
    return _mm512_and_si512(both, _mm512_set1_epi8(0x0f));
  } else if constexpr (kWidth == 2) {
    const __m512i bytes =
        _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(chunk)));
    const __m512i shifts = _mm512_setr_epi64(0, 0, 2, 2, 4, 4, 6, 6);
    return _mm512_and_si512(_mm512_srlv_epi64(bytes, shifts), _mm512_set1_epi8(0x03));
  } else {
    std::uint64_t bits;
    __builtin_memcpy(&bits, chunk, sizeof(bits));
    return _mm512_maskz_set1_epi8(bits, 1);
  }
}

// Sums of code * (128 * high + low) over a plane, in 16 lanes: their total is below 2^31 as long as
// dims <= 8192.
template <int kWidth>
inline __m512i plane_sums(const std::uint8_t* plane, std::size_t dims, const RefineQuery& query) {
  __m512i high = _mm512_setzero_si512();
  __m512i low = _mm512_setzero_si512();
  for (std::size_t d = 0; d < dims; d += kChunk, plane += 8 * kWidth) {
    const __m512i codes = widen<kWidth>(plane);
    high = _mm512_dpbusd_epi32(high, codes, load_query(query.high + d));
    low = _mm512_dpbusd_epi32(low, codes, load_query(query.low + d));
  }
  return _mm512_add_epi32(_mm512_slli_epi32(high, 7), low);
}

// The planes of `kBits`, highest first: 4 bits while at least 4 are left, then 2, then 1.
template <int kBits>
inline constexpr int kPlaneWidth = kBits >= 4   ? 4
                                   : kBits >= 2 ? 2
                                                : 1;

// All planes together: 255 * 8191 * dims is below 2^31.
template <int kBits>
inline __m512i short_record_sums(const std::uint8_t* record, std::size_t dims,
                                 const RefineQuery& query) {
  constexpr int kWidth = kPlaneWidth<kBits>;
  constexpr int kLeft = kBits - kWidth;
  const __m512i sums = plane_sums<kWidth>(record, dims, query);
  if constexpr (kLeft == 0) {
    return sums;
  } else {
    return _mm512_add_epi32(_mm512_slli_epi32(sums, kLeft),
                            short_record_sums<kLeft>(record + dims / 8 * kWidth, dims, query));
  }
}

template <int kBits>
inline std::int64_t long_record_dot(const std::uint8_t* record, std::size_t dims,
                                    const RefineQuery& query) {
  constexpr int kWidth = kPlaneWidth<kBits>;
  constexpr int kLeft = kBits - kWidth;
  const std::int64_t dot = _mm512_reduce_add_epi32(plane_sums<kWidth>(record, dims, query));
  if constexpr (kLeft == 0) {
    return dot;
  } else {
    return (dot << kLeft) + long_record_dot<kLeft>(record + dims / 8 * kWidth, dims, query);
  }
}

template <int kBits>
inline std::int64_t record_dot(const std::uint8_t* record, std::size_t dims,
                               const RefineQuery& query) {
  if (dims > kShortDims) return long_record_dot<kBits>(record, dims, query);
  return _mm512_reduce_add_epi32(short_record_sums<kBits>(record, dims, query));
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

}  // namespace ruvector::kernels::avx512
