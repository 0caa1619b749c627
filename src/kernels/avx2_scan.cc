// vpshufb looks up 16 nibbles in one 16-entry table, so the bytes of a dword, which have tables of
// their own, are first brought apart: 4 x 32 bytes of 32 vectors become one register for each byte
// of the dword. The order that comes out is undone by the widening of the sums.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx2.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx2 {
namespace {

constexpr std::size_t kAhead = 4096;  // bytes between reading and prefetching
constexpr std::size_t kWordBytes = 4 * kBlockVectors;
constexpr std::size_t kTableBytes = 128;
constexpr std::size_t kLanes = 8;
constexpr std::size_t kGroups = kBlockVectors / kLanes;
// 8 entries of at most 127 for each word: 32 words fit in 16 bits twice over.
constexpr std::size_t kWordsAtOnce = 32;

inline void prefetch_lines(const std::uint8_t* place, int lines) {
  for (int line = 0; line < lines; ++line) {
    _mm_prefetch(reinterpret_cast<const char*>(place + 64 * line), _MM_HINT_T0);
  }
}

inline __m256i load(const std::uint8_t* place) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(place));
}

// bytes[j] = byte j of the dwords of 32 vectors; byte b of 128-bit half h is vector
// 8 * (b / 4) + 4 * h + b % 4.
inline void split_bytes(const std::uint8_t* place, __m256i (&bytes)[4]) {
  const __m256i gather = _mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0,
                                          4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m256i x0 = _mm256_shuffle_epi8(load(place), gather);
  const __m256i x1 = _mm256_shuffle_epi8(load(place + 32), gather);
  const __m256i x2 = _mm256_shuffle_epi8(load(place + 64), gather);
  const __m256i x3 = _mm256_shuffle_epi8(load(place + 96), gather);
  const __m256i low01 = _mm256_unpacklo_epi32(x0, x1);
  const __m256i low23 = _mm256_unpacklo_epi32(x2, x3);
  const __m256i high01 = _mm256_unpackhi_epi32(x0, x1);
  const __m256i high23 = _mm256_unpackhi_epi32(x2, x3);
  bytes[0] = _mm256_unpacklo_epi64(low01, low23);
  bytes[1] = _mm256_unpackhi_epi64(low01, low23);
  bytes[2] = _mm256_unpacklo_epi64(high01, high23);
  bytes[3] = _mm256_unpackhi_epi64(high01, high23);
}

// 16-bit sums of 32 vectors. `all` adds pairs of bytes as they are, the carries of the even bytes
// included, and `odd` the odd bytes alone.
struct Sums {
  __m256i all;
  __m256i odd;
};

inline void add_entries(const std::uint8_t* table, __m256i nibbles, Sums& sums) {
  const __m256i entries =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table)));
  const __m256i found = _mm256_shuffle_epi8(entries, nibbles);
  sums.all = _mm256_add_epi16(sums.all, found);
  const __m256i odd = _mm256_srli_epi16(found, 8);
  sums.odd = _mm256_add_epi16(sums.odd, odd);
}

inline void split_nibbles(const std::uint8_t* place, __m256i (&low)[4], __m256i (&high)[4]) {
  const __m256i low_bits = _mm256_set1_epi8(0x0f);
  __m256i bytes[4];
  split_bytes(place, bytes);
  for (std::size_t j = 0; j < 4; ++j) {
    low[j] = _mm256_and_si256(bytes[j], low_bits);
    high[j] = _mm256_and_si256(_mm256_srli_epi16(bytes[j], 4), low_bits);
  }
}

// Adds the sums over words [begin, end) of 32 vectors to `totals`, in order.
template <std::size_t kQueries>
inline void sum_words(const std::uint8_t* half_block, std::size_t begin, std::size_t end,
                      const ScanQuery* queries, __m256i (&totals)[kQueries][kGroups / 2]) {
  const __m256i zero = _mm256_setzero_si256();
  Sums sums[kQueries];
  for (Sums& each : sums) each = {zero, zero};
#pragma GCC unroll 1
  for (std::size_t w = begin; w < end; ++w) {
    const std::uint8_t* place = half_block + w * kWordBytes;
    prefetch_lines(place + kAhead, 2);
    __m256i low[4];
    __m256i high[4];
    split_nibbles(place, low, high);
    // Unrolled over the queries, the sums of all of them would be spilled at every step.
#pragma GCC unroll 1
    for (std::size_t q = 0; q < kQueries; ++q) {
      const std::uint8_t* table = queries[q].table + w * kTableBytes;
      Sums sum = sums[q];
      for (std::size_t j = 0; j < 4; ++j) {
        add_entries(table + 16 * j, low[j], sum);
        add_entries(table + 64 + 16 * j, high[j], sum);
      }
      sums[q] = sum;
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) {
    const __m256i odd = sums[q].odd;
    const __m256i even = _mm256_sub_epi16(sums[q].all, _mm256_slli_epi16(odd, 8));
    const __m256i first = _mm256_unpacklo_epi16(even, odd);   // vectors 0..15
    const __m256i second = _mm256_unpackhi_epi16(even, odd);  // vectors 16..31
    __m256i(&total)[kGroups / 2] = totals[q];
    total[0] = _mm256_add_epi32(total[0], _mm256_unpacklo_epi16(first, zero));
    total[1] = _mm256_add_epi32(total[1], _mm256_unpackhi_epi16(first, zero));
    total[2] = _mm256_add_epi32(total[2], _mm256_unpacklo_epi16(second, zero));
    total[3] = _mm256_add_epi32(total[3], _mm256_unpackhi_epi16(second, zero));
  }
}

inline __m256 load_halves(const std::uint8_t* place) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(place)));
}

// The bounds of a run of blocks and the lanes that are within the threshold. Survivors are rare, so
// they are picked from a whole run at a time: a branch for each block would be mispredicted.
constexpr std::size_t kRun = 16;

struct Run {
  alignas(32) float bounds[kRun][kBlockVectors];
  std::uint64_t survivors[kRun];
};

// Writes the bounds of 32 vectors and returns the mask of those that are within the threshold.
// `factors` is where their `add` lies.
inline std::uint64_t find_bounds(const __m256i (&sums)[kGroups / 2], const std::uint8_t* factors,
                                 const ScanQuery& query, float* bounds) {
  const __m256 step = _mm256_set1_ps(query.step);
  const __m256 offset = _mm256_set1_ps(query.offset);
  const __m256 error_scale = _mm256_set1_ps(query.error_scale);
  const __m256 threshold = _mm256_set1_ps(query.threshold);
  std::uint32_t mask = 0;
  for (std::size_t g = 0; g < kGroups / 2; ++g, factors += 2 * kLanes) {
    const __m256 s = _mm256_fmadd_ps(step, _mm256_cvtepi32_ps(sums[g]), offset);
    const __m256 rescale = load_halves(factors + 2 * kBlockVectors);
    const __m256 estimate = _mm256_fnmadd_ps(rescale, s, load_halves(factors));
    const __m256 error = load_halves(factors + 4 * kBlockVectors);
    const __m256 bound = _mm256_fnmadd_ps(error, error_scale, estimate);
    _mm256_store_ps(bounds + kLanes * g, bound);
    const int within = _mm256_movemask_ps(_mm256_cmp_ps(bound, threshold, _CMP_LE_OQ));
    mask |= static_cast<std::uint32_t>(within) << (kLanes * g);
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
  prefetch_lines(factors + kAhead, 6);
  std::uint64_t survivors[kQueries] = {};
  for (std::size_t half = 0; half < 2; ++half) {
    __m256i totals[kQueries][kGroups / 2];
    for (auto& total : totals) {
      for (__m256i& sum : total) sum = _mm256_setzero_si256();
    }
    for (std::size_t w = 0; w < codes.words; w += kWordsAtOnce) {
      const std::size_t left = codes.words - w;
      const std::size_t end = w + (left < kWordsAtOnce ? left : kWordsAtOnce);
      sum_words<kQueries>(block + half * kWordBytes / 2, w, end, queries, totals);
    }
    for (std::size_t q = 0; q < kQueries; ++q) {
      const std::uint64_t within = find_bounds(totals[q], factors + half * kBlockVectors,
                                               queries[q], runs[q].bounds[i] + half * 32);
      survivors[q] |= within << (half * 32);
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

}  // namespace ruvector::kernels::avx2
