// The table of hand-written kernels, one per instruction set, all with bit-identical results.
// Thread-safe: kernels are pure functions of their arguments.
//
// Included by the per-ISA sources, so it holds nothing but plain types: an inline function here
// would be compiled with AVX flags and could be linked into code that runs without AVX.
//
// Floating-point results are the same on every level because every kernel states its order:
//   "tree"  element i goes to accumulator (i / 16) % 4, lane i % 16, by fused multiply-add in
//   rising i;
//           then (a0 + a1) + (a2 + a3), then lanes are folded 16 -> 8 -> 4 -> 2 -> 1, lane j with
//           lane j + half. Missing elements count as +0.
//   "chain" one accumulator, fused multiply-add in rising order, from +0.
//   "fma"   is one fused multiply-add.
//   Everything else is single multiplications and additions, never fused, in the order written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/encoder_kernels.h"

namespace ruvector::kernels {

inline constexpr std::size_t kBlockVectors = 64;   // vectors in a superblock
inline constexpr std::size_t kPanelColumns = 48;   // columns in a packed panel of gemm
inline constexpr std::size_t kMaxScanQueries = 4;  // queries that scan() takes at once
inline constexpr int kMaxTableEntry = 127;         // so that two entries add up in a byte

// First-stage codes: superblocks of 64 vectors, each
//   for each dword w < words:  64 x uint32, lane v holds dword w of vector v's code;
//   then 64 x float16 `add`, 64 x float16 `rescale`, 64 x float16 `error`.
// A code is a string of nibbles, nibble g in bits 4g..4g+3. A lane without a vector has add = +inf:
// no finite threshold admits it, an infinite one does.
struct ScanCodes {
  const std::uint8_t* blocks;  // 64-byte aligned
  std::size_t words;           // dwords of a code, an even number
  std::size_t block_bytes;     // words * 256 + 384
};

// One query's side of a scan. For each code, with integers summed exactly:
//   sum   = sum over nibbles g of table[g][nibble g]
//   s     = fma(step, float(sum), offset)
//   est   = fma(-rescale, s, add)
//   bound = fma(-error, error_scale, est); with error_scale 0 every error must be finite
// A vector survives when bound <= threshold (false for NaN) and its bit in `allowed` is set.
struct ScanQuery {
  // For each dword w 128 bytes: 4 tables of 16 entries for the low nibbles of its bytes 0..3
  // (nibbles 8w, 8w+2, 8w+4, 8w+6), then 4 for the high nibbles (8w+1, 8w+3, 8w+5, 8w+7).
  // No entry is above kMaxTableEntry.
  // Fastest when it is 64-byte aligned.
  const std::uint8_t* table;
  float step;
  float offset;
  float error_scale;
  float threshold;
  // Survivors in rising slot order; room for 64 * blocks + 16 each. `count` is set, not added to.
  std::uint32_t* slots;
  float* bounds;
  std::size_t count;
};

// Second-stage codes: one record of `stride` bytes per vector, codes of `bits` (2..8) per dimension
// split into planes of 4, 2 and 1 bits, highest first: 2 = 2, 3 = 2+1, 4 = 4, 5 = 4+1, 6 = 4+2,
// 7 = 4+2+1, 8 = 4+4. Each plane covers all dimensions in chunks of 64:
//   4 bits: 32 bytes a chunk, byte j = dims j (low nibble) and j + 32 (high nibble)
//   2 bits: 16 bytes a chunk, byte j = dims j, j + 16, j + 32, j + 48 from the lowest bits up
//   1 bit:   8 bytes a chunk, bit i (little-endian) = dim i
// then three float32 (unaligned): add, rescale, error.
struct RefineCodes {
  const std::uint8_t* records;
  std::size_t stride;
  std::size_t dims;  // a multiple of 64, at most 8192
  std::uint32_t bits;
};

// The query as integers 128 * high + low. With dot = sum over dims of code * query, exact in int64:
//   s     = step * float(2 * dot - center)
//   est   = add - rescale * s
//   bound = est - error * error_scale
struct RefineQuery {
  const std::int8_t* high;  // dims
  const std::int8_t* low;   // dims
  std::int64_t center;
  float step;
  float error_scale;
};

// What quantize() finds beside the codes.
struct QuantizedSums {
  float dot;             // tree sum of r[i] * z[i], z[i] = code[i] - (2^bits - 1) / 2 exactly
  std::int64_t squares;  // sum of (2 * z[i])^2, exact
};

struct KernelTable {
  const char* name;

  // Scans blocks [first, first + blocks) for 1..kMaxScanQueries queries. `allowed` is null or has
  // one word per block of the index (bit v = lane v), indexed by block number.
  void (*scan)(const ScanCodes& codes, std::size_t first, std::size_t blocks,
               const std::uint64_t* allowed, ScanQuery* queries, std::size_t query_count) noexcept;

  // For each of `count` slots: estimates[i] and bounds[i] (estimates may be null).
  void (*refine)(const RefineCodes& codes, const RefineQuery& query, const std::uint32_t* slots,
                 std::size_t count, float* estimates, float* bounds) noexcept;

  // out[i] = tree sum over d of (query[d] - row[d])^2 (the difference rounded first), or of
  // query[d] * row[d], for rows slots[i], or i when slots is null. Row s begins at rows + s * dim.
  void (*l2_rows)(const float* query, const float* rows, std::size_t dim,
                  const std::uint32_t* slots, std::size_t count, float* out) noexcept;
  void (*dot_rows)(const float* query, const float* rows, std::size_t dim,
                   const std::uint32_t* slots, std::size_t count, float* out) noexcept;

  // out[0] = tree sum of |x[i]| (as fma(|x|, 1, acc)), out[1] = tree sum of x[i]^2.
  void (*sums)(const float* x, std::size_t n, float* out) noexcept;

  // Unnormalised Walsh-Hadamard transform in place, n a power of two, strides 1, 2, 4, ...
  // (a, b) -> (a + b, a - b).
  void (*walsh_hadamard)(float* x, std::size_t n) noexcept;

  // C (m x n, row stride ldc) = A (m x k, row stride lda) * B. Each element is a chain over k.
  // B is packed: panels of kPanelColumns columns, panel p at b + p * k * kPanelColumns, row-major
  // (k, kPanelColumns), the last panel padded with zeros. Reads A by rows, once per panel.
  void (*gemm)(const float* a, std::size_t lda, std::size_t m, const float* b, std::size_t n,
               std::size_t k, float* c, std::size_t ldc) noexcept;

  // Codes of `bits` 1..8 for n values (n a multiple of 64, at most 65536):
  //   magnitude = min(int(|r[i]| * scale), 2^(bits-1) - 1)   (truncated; the product rounded once)
  //   codes[i]  = r[i] >= 0 ? 2^(bits-1) + magnitude : 2^(bits-1) - 1 - magnitude
  // |r[i]| * scale is finite but may exceed int32; such a value takes the maximum.
  QuantizedSums (*quantize)(const float* r, std::size_t n, float scale, std::uint32_t bits,
                            std::uint8_t* codes) noexcept;

  // Each i with above < values[i] <= limit, rising, to the front of `indices`, which may have room
  // for no more; returns their number. No NaN is among them.
  std::size_t (*select_between)(const float* values, std::size_t count, float above, float limit,
                                std::uint32_t* indices) noexcept;

  // words[i / 64] has bit i % 64 where mask[i] is not 0, and no bit from `count` on; returns the
  // number of bits. Writes (count + 63) / 64 words.
  std::size_t (*pack_mask)(const std::uint8_t* mask, std::size_t count,
                           std::uint64_t* words) noexcept;

  EncoderKernels encoder;
};

// Defined each in its own source; only those of the architecture that is compiled for exist.
extern const KernelTable kScalarTable;
extern const KernelTable kAvx2Table;
extern const KernelTable kAvx512Table;
extern const KernelTable kNeonTable;

}  // namespace ruvector::kernels
