// A de-interleaving load brings the bytes of a dword apart: register j is byte j of 16 vectors, in
// order. tbl looks their nibbles up in a table of 16 entries.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/neon.h"

namespace ruvector::kernels::neon {
namespace {

constexpr std::size_t kAhead = 2048;  // bytes between reading and prefetching
constexpr std::size_t kWordBytes = 4 * kBlockVectors;
constexpr std::size_t kTableBytes = 128;
constexpr std::size_t kLanes = 16;  // vectors that are summed at once
constexpr std::size_t kGroups = kBlockVectors / kLanes;
// 8 entries of at most 127 for each word: 32 words fit in 16 bits twice over.
constexpr std::size_t kWordsAtOnce = 32;

struct Sums16 {
  uint16x8_t low;
  uint16x8_t high;
};

struct Sums32 {
  uint32x4_t quarter[4];
};

inline void add_entries(const std::uint8_t* table, uint8x16_t nibbles, Sums16& sums) {
  const uint8x16_t found = vqtbl1q_u8(vld1q_u8(table), nibbles);
  sums.low = vaddw_u8(sums.low, vget_low_u8(found));
  sums.high = vaddw_high_u8(sums.high, found);
}

// Adds the sums over words [begin, end) of 16 vectors to `totals`.
template <std::size_t kQueries>
inline void sum_words(const std::uint8_t* group, std::size_t begin, std::size_t end,
                      const ScanQuery* queries, Sums32 (&totals)[kQueries]) {
  Sums16 sums[kQueries];
  for (Sums16& sum : sums) sum = {vdupq_n_u16(0), vdupq_n_u16(0)};
  for (std::size_t w = begin; w < end; ++w) {
    const std::uint8_t* place = group + w * kWordBytes;
    __builtin_prefetch(place + kAhead);
    const uint8x16x4_t bytes = vld4q_u8(place);
    for (std::size_t j = 0; j < 4; ++j) {
      const uint8x16_t low = vandq_u8(bytes.val[j], vdupq_n_u8(0x0f));
      const uint8x16_t high = vshrq_n_u8(bytes.val[j], 4);
      for (std::size_t q = 0; q < kQueries; ++q) {
        const std::uint8_t* table = queries[q].table + w * kTableBytes + 16 * j;
        add_entries(table, low, sums[q]);
        add_entries(table + 64, high, sums[q]);
      }
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) {
    uint32x4_t(&quarter)[4] = totals[q].quarter;
    quarter[0] = vaddw_u16(quarter[0], vget_low_u16(sums[q].low));
    quarter[1] = vaddw_high_u16(quarter[1], sums[q].low);
    quarter[2] = vaddw_u16(quarter[2], vget_low_u16(sums[q].high));
    quarter[3] = vaddw_high_u16(quarter[3], sums[q].high);
  }
}

inline float32x4_t load_halves(const std::uint8_t* place) {
  return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(place)));
}

// The bounds of a run of blocks and the lanes that are within the threshold. Survivors are rare, so
// they are picked from a whole run at a time: a branch for each block would be mispredicted.
constexpr std::size_t kRun = 16;

struct Run {
  float bounds[kRun][kBlockVectors];
  std::uint64_t survivors[kRun];
};

// Writes the bounds of 16 vectors and returns the mask of those that are within the threshold.
// `factors` is where their `add` lies.
inline std::uint32_t find_bounds(const Sums32& sums, const std::uint8_t* factors,
                                 const ScanQuery& query, float* bounds) {
  static constexpr std::uint32_t kBits[4] = {1, 2, 4, 8};
  const float32x4_t step = vdupq_n_f32(query.step);
  const float32x4_t offset = vdupq_n_f32(query.offset);
  const float32x4_t error_scale = vdupq_n_f32(query.error_scale);
  const float32x4_t threshold = vdupq_n_f32(query.threshold);
  const uint32x4_t bits = vld1q_u32(kBits);
  std::uint32_t mask = 0;
  for (std::size_t g = 0; g < 4; ++g, factors += 8) {
    const float32x4_t sum = vcvtq_f32_u32(sums.quarter[g]);
    const float32x4_t s = vfmaq_f32(offset, step, sum);
    const float32x4_t rescale = load_halves(factors + 2 * kBlockVectors);
    const float32x4_t estimate = vfmsq_f32(load_halves(factors), rescale, s);
    const float32x4_t error = load_halves(factors + 4 * kBlockVectors);
    const float32x4_t bound = vfmsq_f32(estimate, error, error_scale);
    vst1q_f32(bounds + 4 * g, bound);
    mask |= vaddvq_u32(vandq_u32(vcleq_f32(bound, threshold), bits)) << (4 * g);
  }
  return mask;
}

void append_run(const Run& run, const std::uint32_t* numbers, std::size_t blocks,
                ScanQuery& query) {
  std::size_t hits[kRun];
  std::size_t hit_count = 0;
  for (std::size_t i = 0; i < blocks; ++i) {
    hits[hit_count] = i;
    hit_count += run.survivors[i] != 0 ? 1 : 0;
  }
  std::size_t count = query.count;
  for (std::size_t h = 0; h < hit_count; ++h) {
    const std::size_t i = hits[h];
    const auto slot = static_cast<std::uint32_t>(numbers[i] * kBlockVectors);
    for (std::uint64_t left = run.survivors[i]; left != 0; left &= left - 1, ++count) {
      const auto lane = static_cast<std::uint32_t>(__builtin_ctzll(left));
      query.slots[count] = slot + lane;
      query.bounds[count] = run.bounds[i][lane];
    }
  }
  query.count = count;
}

template <std::size_t kQueries>
void scan_block(const ScanCodes& codes, std::size_t number, std::uint64_t allowed,
                const ScanQuery* queries, std::size_t i, Run* runs) {
  const std::uint8_t* block = codes.blocks + number * codes.block_bytes;
  const std::uint8_t* factors = block + codes.words * kWordBytes;
  std::uint64_t survivors[kQueries] = {};
  for (std::size_t g = 0; g < kGroups; ++g) {
    Sums32 totals[kQueries];
    for (Sums32& total : totals) {
      for (uint32x4_t& quarter : total.quarter) quarter = vdupq_n_u32(0);
    }
    for (std::size_t w = 0; w < codes.words; w += kWordsAtOnce) {
      const std::size_t left = codes.words - w;
      const std::size_t end = w + (left < kWordsAtOnce ? left : kWordsAtOnce);
      sum_words<kQueries>(block + g * 4 * kLanes, w, end, queries, totals);
    }
    for (std::size_t q = 0; q < kQueries; ++q) {
      const std::uint64_t within = find_bounds(totals[q], factors + g * 2 * kLanes, queries[q],
                                               runs[q].bounds[i] + g * kLanes);
      survivors[q] |= within << (g * kLanes);
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) runs[q].survivors[i] = survivors[q] & allowed;
}

template <std::size_t kQueries>
void scan_blocks(const ScanCodes& codes, std::size_t first, std::size_t blocks,
                 const std::uint64_t* allowed, ScanQuery* queries) {
  Run runs[kQueries];
  std::uint32_t numbers[kRun];
  const std::size_t end = first + blocks;
  for (std::size_t number = first; number < end;) {
    std::size_t i = 0;
    for (; number < end && i < kRun; ++number) {
      const std::uint64_t lanes = allowed != nullptr ? allowed[number] : ~std::uint64_t{0};
      if (lanes == 0) continue;
      scan_block<kQueries>(codes, number, lanes, queries, i, runs);
      numbers[i++] = static_cast<std::uint32_t>(number);
    }
    for (std::size_t q = 0; q < kQueries; ++q) append_run(runs[q], numbers, i, queries[q]);
  }
}

}  // namespace

void scan(const ScanCodes& codes, std::size_t first, std::size_t blocks,
          const std::uint64_t* allowed, ScanQuery* queries, std::size_t query_count) noexcept {
  for (std::size_t q = 0; q < query_count; ++q) queries[q].count = 0;
  switch (query_count) {
    case 1:
      return scan_blocks<1>(codes, first, blocks, allowed, queries);
    case 2:
      return scan_blocks<2>(codes, first, blocks, allowed, queries);
    case 3:
      return scan_blocks<3>(codes, first, blocks, allowed, queries);
    case 4:
      return scan_blocks<4>(codes, first, blocks, allowed, queries);
    default:
      return;
  }
}

}  // namespace ruvector::kernels::neon
