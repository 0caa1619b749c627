// The level that every processor runs, and the plain statement of what the other levels compute.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/float16.h"
#include "kernels/kernels.h"
#include "kernels/scalar.h"
#include "kernels/scalar_tree.h"

namespace ruvector::kernels {
namespace {

using scalar::Tree;

struct Factors {
  float add;
  float rescale;
  float error;
};

struct Estimate {
  float value;
  float bound;
};

Estimate estimate(const Factors& factors, float s, float error_scale) {
  const float rescaled = factors.rescale * s;
  const float value = factors.add - rescaled;
  const float margin = factors.error * error_scale;
  return {value, value - margin};
}

// --- scan

std::uint32_t code_word(const std::uint8_t* block, std::size_t word, std::size_t lane) {
  std::uint32_t value;
  std::memcpy(&value, block + (word * kBlockVectors + lane) * sizeof(value), sizeof(value));
  return value;
}

float factor(const std::uint8_t* factors, std::size_t kind, std::size_t lane) {
  std::uint16_t half;
  std::memcpy(&half, factors + (kind * kBlockVectors + lane) * sizeof(half), sizeof(half));
  return base::half_to_float(half);
}

std::uint32_t table_sum(const ScanCodes& codes, const std::uint8_t* block, std::size_t lane,
                        const std::uint8_t* table) {
  std::uint32_t sum = 0;
  for (std::size_t w = 0; w < codes.words; ++w, table += 128) {
    std::uint32_t code = code_word(block, w, lane);
    for (std::size_t byte = 0; byte < 4; ++byte, code >>= 8) {
      sum += table[16 * byte + (code & 15)];
      sum += table[64 + 16 * byte + ((code >> 4) & 15)];
    }
  }
  return sum;
}

void scan_block(const ScanCodes& codes, std::size_t number, std::uint64_t allowed,
                ScanQuery& query) {
  const std::uint8_t* block = codes.blocks + number * codes.block_bytes;
  const std::uint8_t* factors = block + codes.words * kBlockVectors * sizeof(std::uint32_t);
  for (std::size_t lane = 0; lane < kBlockVectors; ++lane) {
    if ((allowed >> lane & 1) == 0) continue;
    const auto sum = static_cast<float>(table_sum(codes, block, lane, query.table));
    const float s = std::fma(query.step, sum, query.offset);
    const float value = std::fma(-factor(factors, 1, lane), s, factor(factors, 0, lane));
    const float bound = std::fma(-factor(factors, 2, lane), query.error_scale, value);
    if (!(bound <= query.threshold)) continue;
    query.slots[query.count] = static_cast<std::uint32_t>(number * kBlockVectors + lane);
    query.bounds[query.count] = bound;
    ++query.count;
  }
}

void scan(const ScanCodes& codes, std::size_t first, std::size_t blocks,
          const std::uint64_t* allowed, ScanQuery* queries, std::size_t query_count) noexcept {
  for (std::size_t q = 0; q < query_count; ++q) queries[q].count = 0;
  for (std::size_t number = first; number < first + blocks; ++number) {
    const std::uint64_t lanes = allowed != nullptr ? allowed[number] : ~std::uint64_t{0};
    if (lanes == 0) continue;
    for (std::size_t q = 0; q < query_count; ++q) scan_block(codes, number, lanes, queries[q]);
  }
}

// --- refine

// Sums of code * high and code * low.
struct Dots {
  std::int64_t high = 0;
  std::int64_t low = 0;
};

// Adds one plane of `width` bits, whose codes count `weight` times, and returns the next plane.
const std::uint8_t* add_plane(const std::uint8_t* plane, std::uint32_t width, std::int64_t weight,
                              const RefineCodes& codes, const RefineQuery& query, Dots& dots) {
  const std::size_t chunk_bytes = 8 * width;
  const std::uint32_t mask = (1u << width) - 1;
  Dots sums;
  for (std::size_t d = 0; d < codes.dims; ++d) {
    const std::uint8_t* chunk = plane + d / 64 * chunk_bytes;
    const std::size_t i = d % 64;
    // One-bit planes are in the order of their bits, wider ones are spread over the chunk's bytes.
    const std::uint32_t shifted =
        width == 1 ? std::uint32_t{chunk[i / 8]} >> (i % 8)
                   : std::uint32_t{chunk[i % chunk_bytes]} >> (i / chunk_bytes * width);
    const std::int32_t code = static_cast<std::int32_t>(shifted & mask);
    sums.high += code * query.high[d];
    sums.low += code * query.low[d];
  }
  dots.high += weight * sums.high;
  dots.low += weight * sums.low;
  return plane + codes.dims / 64 * chunk_bytes;
}

Estimate refine_record(const RefineCodes& codes, const RefineQuery& query,
                       const std::uint8_t* record) {
  Dots dots;
  std::uint32_t left = codes.bits;
  while (left > 0) {
    const std::uint32_t width = left >= 4 ? 4 : left >= 2 ? 2 : 1;
    left -= width;
    record = add_plane(record, width, std::int64_t{1} << left, codes, query, dots);
  }
  Factors factors;
  std::memcpy(&factors, record, sizeof(factors));
  const std::int64_t dot = 128 * dots.high + dots.low;
  const float s = query.step * static_cast<float>(2 * dot - query.center);
  return estimate(factors, s, query.error_scale);
}

void refine(const RefineCodes& codes, const RefineQuery& query, const std::uint32_t* slots,
            std::size_t count, float* estimates, float* bounds) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const Estimate found = refine_record(codes, query, codes.records + slots[i] * codes.stride);
    if (estimates != nullptr) estimates[i] = found.value;
    bounds[i] = found.bound;
  }
}

// --- exact rows and sums

void l2_rows(const float* query, const float* rows, std::size_t dim, const std::uint32_t* slots,
             std::size_t count, float* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = rows + (slots != nullptr ? slots[i] : i) * dim;
    Tree tree;
    for (std::size_t d = 0; d < dim; ++d) {
      const float difference = query[d] - row[d];
      tree.multiply_add(d, difference, difference);
    }
    tree.pad(dim);
    out[i] = tree.sum();
  }
}

void dot_rows(const float* query, const float* rows, std::size_t dim, const std::uint32_t* slots,
              std::size_t count, float* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = rows + (slots != nullptr ? slots[i] : i) * dim;
    Tree tree;
    for (std::size_t d = 0; d < dim; ++d) tree.multiply_add(d, query[d], row[d]);
    tree.pad(dim);
    out[i] = tree.sum();
  }
}

void sums(const float* x, std::size_t n, float* out) noexcept {
  Tree magnitudes;
  Tree squares;
  for (std::size_t i = 0; i < n; ++i) {
    magnitudes.multiply_add(i, std::fabs(x[i]), 1.0f);
    squares.multiply_add(i, x[i], x[i]);
  }
  out[0] = magnitudes.sum();
  out[1] = squares.sum();
}

// --- transforms

void walsh_hadamard(float* x, std::size_t n) noexcept {
  for (std::size_t stride = 1; stride < n; stride *= 2) {
    for (std::size_t start = 0; start < n; start += 2 * stride) {
      for (std::size_t i = start; i < start + stride; ++i) {
        const float a = x[i];
        const float b = x[i + stride];
        x[i] = a + b;
        x[i + stride] = a - b;
      }
    }
  }
}

void gemm(const float* a, std::size_t lda, std::size_t m, const float* b, std::size_t n,
          std::size_t k, float* c, std::size_t ldc) noexcept {
  for (std::size_t column = 0; column < n; column += kPanelColumns, b += k * kPanelColumns) {
    const std::size_t width = std::min(kPanelColumns, n - column);
    for (std::size_t row = 0; row < m; ++row) {
      float chains[kPanelColumns] = {};
      for (std::size_t i = 0; i < k; ++i) {
        const float left = a[row * lda + i];
        for (std::size_t j = 0; j < width; ++j) {
          chains[j] = std::fma(left, b[i * kPanelColumns + j], chains[j]);
        }
      }
      std::memcpy(c + row * ldc + column, chains, width * sizeof(float));
    }
  }
}

QuantizedSums quantize(const float* r, std::size_t n, float scale, std::uint32_t bits,
                       std::uint8_t* codes) noexcept {
  const std::int32_t half = 1 << (bits - 1);
  const float most = static_cast<float>(half - 1);
  Tree dot;
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float product = std::fabs(r[i]) * scale;
    const std::int32_t magnitude = static_cast<std::int32_t>(std::min(product, most));
    const std::int32_t code = r[i] >= 0.0f ? half + magnitude : half - 1 - magnitude;
    const std::int32_t twice_z = 2 * code - (2 * half - 1);
    codes[i] = static_cast<std::uint8_t>(code);
    dot.multiply_add(i, r[i], 0.5f * static_cast<float>(twice_z));
    squares += twice_z * twice_z;
  }
  return {dot.sum(), squares};
}

// --- select

std::size_t select_between(const float* values, std::size_t count, float above, float limit,
                           std::uint32_t* indices) noexcept {
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (values[i] > above && values[i] <= limit) {
      indices[chosen++] = static_cast<std::uint32_t>(i);
    }
  }
  return chosen;
}

std::size_t pack_mask(const std::uint8_t* mask, std::size_t count, std::uint64_t* words) noexcept {
  std::size_t set = 0;
  for (std::size_t first = 0; first < count; first += 64) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(64, count - first); ++i) {
      word |= std::uint64_t{mask[first + i] != 0} << i;
    }
    words[first / 64] = word;
    set += static_cast<std::size_t>(std::popcount(word));
  }
  return set;
}

}  // namespace

const KernelTable kScalarTable = {
    "scalar",
    scan,
    refine,
    l2_rows,
    dot_rows,
    sums,
    walsh_hadamard,
    gemm,
    quantize,
    select_between,
    pack_mask,
    {scalar::activate, scalar::layer_norm, scalar::attention, scalar::depthwise,
     scalar::quantize_bytes, scalar::gemm_bytes, scalar::quantize_words, scalar::gemm_words}};

}  // namespace ruvector::kernels
