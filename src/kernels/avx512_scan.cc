// A dword of a vector is one lane: vpermb looks four nibbles up in the four 16-entry tables of a
// 64-byte register, vpdpbusd adds the four bytes to the lane's sum. The sums come out in order.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx512.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx512 {
namespace {

constexpr int kGroups = 4;            // registers of 16 lanes in a superblock
constexpr std::size_t kAhead = 4096;  // bytes between reading and prefetching
constexpr std::size_t kWordBytes = 4 * kBlockVectors;
constexpr std::size_t kTableBytes = 128;

inline void prefetch_word(const std::uint8_t* place) {
  for (int line = 0; line < 4; ++line) {
    _mm_prefetch(reinterpret_cast<const char*>(place + 64 * line), _MM_HINT_T0);
  }
}

// sums[q][g] = table sums of query q for lanes 16 g ... of a block.
template <int kQueries>
inline void sum_tables(const std::uint8_t* block, std::size_t words, const ScanQuery* queries,
                       __m512i (&sums)[kQueries][kGroups]) {
  const __m512i low_bits = _mm512_set1_epi8(0x0f);
  const __m512i sub_table = _mm512_set1_epi32(0x30201000);
  const __m512i ones = _mm512_set1_epi8(1);
  constexpr int kAndOr = 0xea;  // (a & b) | c
  const std::uint8_t* tables[kQueries];
  for (int q = 0; q < kQueries; ++q) {
    tables[q] = queries[q].table;
    for (int g = 0; g < kGroups; ++g) sums[q][g] = _mm512_setzero_si512();
  }
#pragma GCC unroll 1
  for (std::size_t w = 0; w < words; ++w) {
    const std::uint8_t* place = block + w * kWordBytes;
    prefetch_word(place + kAhead);
    __m512i low[kGroups];
    __m512i high[kGroups];
    for (int g = 0; g < kGroups; ++g) {
      const __m512i code = _mm512_loadu_si512(place + 64 * g);
      const __m512i shifted = _mm512_srli_epi32(code, 4);
      low[g] = _mm512_ternarylogic_epi32(code, low_bits, sub_table, kAndOr);
      high[g] = _mm512_ternarylogic_epi32(shifted, low_bits, sub_table, kAndOr);
    }
    for (int q = 0; q < kQueries; ++q) {
      const __m512i low_table = _mm512_loadu_si512(tables[q] + w * kTableBytes);
      const __m512i high_table = _mm512_loadu_si512(tables[q] + w * kTableBytes + 64);
      for (int g = 0; g < kGroups; ++g) {
        const __m512i found = _mm512_permutexvar_epi8(low[g], low_table);
        const __m512i more = _mm512_permutexvar_epi8(high[g], high_table);
        // Two entries of at most 127 fit a byte: an addition on any pipe saves one of the few.
        sums[q][g] = _mm512_dpbusd_epi32(sums[q][g], _mm512_add_epi8(found, more), ones);
      }
    }
  }
}

struct Factors {
  __m512 add[kGroups];
  __m512 rescale[kGroups];
  __m512 error[kGroups];
};

inline __m512 load_halves(const std::uint8_t* place) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(place)));
}

template <bool kErrors>
inline Factors load_factors(const std::uint8_t* place) {
  Factors factors;
  for (int g = 0; g < kGroups; ++g) {
    factors.add[g] = load_halves(place + 32 * g);
    factors.rescale[g] = load_halves(place + 2 * kBlockVectors + 32 * g);
    if constexpr (kErrors) factors.error[g] = load_halves(place + 4 * kBlockVectors + 32 * g);
  }
  return factors;
}

// The bounds of a run of blocks and the lanes that are within the threshold. Survivors are rare, so
// they are picked from a whole run at a time: a branch for each block would be mispredicted.
constexpr std::size_t kRun = 16;

struct Run {
  alignas(64) float bounds[kRun][kBlockVectors];
  std::uint64_t survivors[kRun];
};

template <bool kErrors>
inline void find_bounds(const __m512i (&sums)[kGroups], const Factors& factors,
                        std::uint64_t allowed, const ScanQuery& query, std::size_t i, Run& run) {
  const __m512 step = _mm512_set1_ps(query.step);
  const __m512 offset = _mm512_set1_ps(query.offset);
  const __m512 error_scale = _mm512_set1_ps(query.error_scale);
  const __m512 threshold = _mm512_set1_ps(query.threshold);
  std::uint64_t survivors = 0;
  for (int g = 0; g < kGroups; ++g) {
    const __m512 s = _mm512_fmadd_ps(step, _mm512_cvtepi32_ps(sums[g]), offset);
    __m512 bound = _mm512_fnmadd_ps(factors.rescale[g], s, factors.add[g]);
    if constexpr (kErrors) bound = _mm512_fnmadd_ps(factors.error[g], error_scale, bound);
    _mm512_store_ps(run.bounds[i] + 16 * g, bound);
    const __mmask16 mask = _mm512_cmp_ps_mask(bound, threshold, _CMP_LE_OQ);
    survivors |= std::uint64_t{mask} << (16 * g);
  }
  run.survivors[i] = survivors & allowed;
}

// Appends the surviving lanes of a block, when they are few.
inline void append_few(const float* bounds, std::uint64_t survivors, std::uint32_t slot,
                       ScanQuery& query) {
  std::size_t count = query.count;
  for (; survivors != 0; survivors &= survivors - 1, ++count) {
    const auto lane = static_cast<std::uint32_t>(__builtin_ctzll(survivors));
    query.slots[count] = slot + lane;
    query.bounds[count] = bounds[lane];
  }
  query.count = count;
}

// The same for many.
inline void append_many(const float* bounds, std::uint64_t survivors, std::uint32_t slot,
                        ScanQuery& query) {
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  std::size_t count = query.count;
  for (int g = 0; g < kGroups; ++g, survivors >>= 16, slot += 16, bounds += 16) {
    const __mmask16 mask = static_cast<__mmask16>(survivors);
    const __m512i slots = _mm512_add_epi32(lane, _mm512_set1_epi32(static_cast<int>(slot)));
    // Compressed in a register and stored whole: the memory form is microcoded on some processors.
    _mm512_storeu_si512(query.slots + count, _mm512_maskz_compress_epi32(mask, slots));
    _mm512_storeu_ps(query.bounds + count, _mm512_maskz_compress_ps(mask, _mm512_load_ps(bounds)));
    count += static_cast<std::size_t>(__builtin_popcount(mask));
  }
  query.count = count;
}

void append_run(const Run& run, const std::uint32_t* numbers, std::size_t blocks,
                ScanQuery& query) {
  constexpr int kFew = 8;
  std::size_t hits[kRun];
  std::size_t hit_count = 0;
  for (std::size_t i = 0; i < blocks; ++i) {
    hits[hit_count] = i;
    hit_count += run.survivors[i] != 0 ? 1 : 0;
  }
  for (std::size_t h = 0; h < hit_count; ++h) {
    const std::size_t i = hits[h];
    const auto slot = static_cast<std::uint32_t>(numbers[i] * kBlockVectors);
    if (__builtin_popcountll(run.survivors[i]) <= kFew) {
      append_few(run.bounds[i], run.survivors[i], slot, query);
    } else {
      append_many(run.bounds[i], run.survivors[i], slot, query);
    }
  }
}

template <int kQueries, bool kErrors>
inline void scan_block(const ScanCodes& codes, std::size_t number, std::uint64_t allowed,
                       const ScanQuery* queries, std::size_t i, Run* runs) {
  const std::uint8_t* block = codes.blocks + number * codes.block_bytes;
  __m512i sums[kQueries][kGroups];
  sum_tables<kQueries>(block, codes.words, queries, sums);
  const std::uint8_t* end = block + codes.words * kWordBytes;
  prefetch_word(end + kAhead);
  prefetch_word(end + kAhead + kWordBytes);
  const Factors factors = load_factors<kErrors>(end);
  for (int q = 0; q < kQueries; ++q) {
    find_bounds<kErrors>(sums[q], factors, allowed, queries[q], i, runs[q]);
  }
}

template <int kQueries, bool kErrors>
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
      scan_block<kQueries, kErrors>(codes, number, lanes, queries, i, runs);
      numbers[i++] = static_cast<std::uint32_t>(number);
    }
    for (int q = 0; q < kQueries; ++q) append_run(runs[q], numbers, i, queries[q]);
  }
}

template <int kQueries>
void scan_blocks(const ScanCodes& codes, std::size_t first, std::size_t blocks,
                 const std::uint64_t* allowed, ScanQuery* queries) {
  bool errors = false;
  for (int q = 0; q < kQueries; ++q) errors |= queries[q].error_scale != 0;
  if (errors) return scan_blocks<kQueries, true>(codes, first, blocks, allowed, queries);
  return scan_blocks<kQueries, false>(codes, first, blocks, allowed, queries);
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

}  // namespace ruvector::kernels::avx512
