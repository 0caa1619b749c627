// Sixteen values are compared at once, and walked where there is one to choose among them.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/neon.h"

namespace ruvector::kernels::neon {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kAtOnce = 16;
constexpr std::size_t kWordBytes = 64;

inline uint32x4_t between(const float* values, float32x4_t above, float32x4_t limit) {
  const float32x4_t lanes = vld1q_f32(values);
  return vandq_u32(vcgtq_f32(lanes, above), vcleq_f32(lanes, limit));
}

inline bool any_between(const float* values, float32x4_t above, float32x4_t limit) {
  uint32x4_t any = vdupq_n_u32(0);
  for (std::size_t i = 0; i < kAtOnce; i += kLanes) {
    any = vorrq_u32(any, between(values + i, above, limit));
  }
  return vmaxvq_u32(any) != 0;
}

// A bit for each of 64 bytes that is not 0: the bits of a byte's place, added up pair by pair.
inline std::uint64_t word_of(const std::uint8_t* mask) {
  const uint8x16_t places =
      vcombine_u8(vcreate_u8(0x8040201008040201), vcreate_u8(0x8040201008040201));
  uint8x16_t quarters[4];
  for (std::size_t i = 0; i < 4; ++i) {
    const uint8x16_t bytes = vld1q_u8(mask + 16 * i);
    quarters[i] = vandq_u8(vtstq_u8(bytes, bytes), places);
  }
  const uint8x16_t halves =
      vpaddq_u8(vpaddq_u8(quarters[0], quarters[1]), vpaddq_u8(quarters[2], quarters[3]));
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(halves, halves)), 0);
}

}  // namespace

std::size_t select_between(const float* values, std::size_t count, float above, float limit,
                           std::uint32_t* indices) noexcept {
  const float32x4_t low = vdupq_n_f32(above);
  const float32x4_t high = vdupq_n_f32(limit);
  std::size_t chosen = 0;
  for (std::size_t first = 0; first < count; first += kAtOnce) {
    const std::size_t end = count - first < kAtOnce ? count : first + kAtOnce;
    if (end - first == kAtOnce && !any_between(values + first, low, high)) continue;
    for (std::size_t i = first; i < end; ++i) {
      if (values[i] > above && values[i] <= limit) {
        indices[chosen++] = static_cast<std::uint32_t>(i);
      }
    }
  }
  return chosen;
}

std::size_t pack_mask(const std::uint8_t* mask, std::size_t count, std::uint64_t* words) noexcept {
  std::size_t set = 0;
  const std::size_t whole = count / kWordBytes;
  for (std::size_t w = 0; w < whole; ++w, mask += kWordBytes) {
    words[w] = word_of(mask);
    set += static_cast<std::size_t>(__builtin_popcountll(words[w]));
  }
  if (count % kWordBytes == 0) return set;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count % kWordBytes; ++i) word |= std::uint64_t{mask[i] != 0} << i;
  words[whole] = word;
  return set + static_cast<std::size_t>(__builtin_popcountll(word));
}

}  // namespace ruvector::kernels::neon
