// Each plane is widened to one byte per dimension, 64 at a time in the order of the dimensions, and
// multiplied with both halves of the query by smlal.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/neon.h"

namespace ruvector::kernels::neon {
namespace {

constexpr std::size_t kRecordsAhead = 12;
constexpr std::size_t kChunk = 64;  // dimensions

// Codes of 64 dimensions as bytes.
struct Chunk {
  int8x16_t quarter[4];
};

inline int8x16_t mask_bits(uint8x16_t codes, std::uint8_t mask) {
  return vreinterpretq_s8_u8(vandq_u8(codes, vdupq_n_u8(mask)));
}

// Bit i of 16 as byte i.
inline int8x16_t spread_bits(const std::uint8_t* bits) {
  const uint8x8_t bit = vcreate_u8(0x8040201008040201u);
  const uint8x8_t low = vtst_u8(vdup_n_u8(bits[0]), bit);
  const uint8x8_t high = vtst_u8(vdup_n_u8(bits[1]), bit);
  return mask_bits(vcombine_u8(low, high), 1);
}

template <int kWidth>
inline Chunk widen(const std::uint8_t* chunk) {
  if constexpr (kWidth == 4) {
    const uint8x16_t first = vld1q_u8(chunk);
    const uint8x16_t second = vld1q_u8(chunk + 16);
    return {{mask_bits(first, 15), mask_bits(second, 15), vreinterpretq_s8_u8(vshrq_n_u8(first, 4)),
             vreinterpretq_s8_u8(vshrq_n_u8(second, 4))}};
  } else if constexpr (kWidth == 2) {
    const uint8x16_t bytes = vld1q_u8(chunk);
    return {{mask_bits(bytes, 3), mask_bits(vshrq_n_u8(bytes, 2), 3),
             mask_bits(vshrq_n_u8(bytes, 4), 3), vreinterpretq_s8_u8(vshrq_n_u8(bytes, 6))}};
  } else {
    return {{spread_bits(chunk), spread_bits(chunk + 2), spread_bits(chunk + 4),
             spread_bits(chunk + 6)}};
  }
}

// Adds the products of 64 codes and a query: in 16 bits at most 8 * 15 * 128, which fits.
inline int32x4_t add_products(const Chunk& codes, const std::int8_t* query, int32x4_t sum) {
  int16x8_t pairs = vdupq_n_s16(0);
  for (std::size_t i = 0; i < 4; ++i) {
    const int8x16_t values = vld1q_s8(query + 16 * i);
    pairs = vmlal_s8(pairs, vget_low_s8(codes.quarter[i]), vget_low_s8(values));
    pairs = vmlal_high_s8(pairs, codes.quarter[i], values);
  }
  return vpadalq_s16(sum, pairs);
}

// Sum of code * (128 * high + low) over a plane: below 2^31 as long as dims <= 8192.
template <int kWidth>
inline std::int64_t plane_dot(const std::uint8_t* plane, std::size_t dims,
                              const RefineQuery& query) {
  int32x4_t high = vdupq_n_s32(0);
  int32x4_t low = vdupq_n_s32(0);
  for (std::size_t d = 0; d < dims; d += kChunk, plane += 8 * kWidth) {
    const Chunk codes = widen<kWidth>(plane);
    high = add_products(codes, query.high + d, high);
    low = add_products(codes, query.low + d, low);
  }
  return vaddvq_s32(vaddq_s32(vshlq_n_s32(high, 7), low));
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
  for (std::size_t byte = 0; byte < stride; byte += 64) __builtin_prefetch(record + byte);
  __builtin_prefetch(record + stride - 1);
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

}  // namespace ruvector::kernels::neon
