// Exact scores of rows, in the tree order of kernels.h: two registers are one step of 16 elements.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx2.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx2 {
namespace {

constexpr std::size_t kRowsAhead = 8;

// One step of the tree: 16 elements.
struct Step {
  __m256 low;
  __m256 high;
};

struct SquaredDistance {
  static __m256 add(__m256 query, __m256 row, __m256 sum) {
    const __m256 difference = _mm256_sub_ps(query, row);
    return _mm256_fmadd_ps(difference, difference, sum);
  }
};

struct Product {
  static __m256 add(__m256 query, __m256 row, __m256 sum) {
    return _mm256_fmadd_ps(query, row, sum);
  }
};

inline Step load(const float* x) { return {_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)}; }

// The first `count` < 16 elements and zeros.
inline Step load_part(const float* x, std::size_t count) {
  alignas(32) static constexpr std::int32_t kMasks[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                          -1, -1, -1, -1, -1, -1, -1, -1};
  const std::int32_t* mask = kMasks + 16 - count;
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask + 8));
  return {_mm256_maskload_ps(x, low), _mm256_maskload_ps(x + 8, high)};
}

template <class Term>
inline void add_step(const Step& query, const Step& row, Step& sum) {
  sum.low = Term::add(query.low, row.low, sum.low);
  sum.high = Term::add(query.high, row.high, sum.high);
}

inline __m256 fold4(__m256 a0, __m256 a1, __m256 a2, __m256 a3) {
  return _mm256_add_ps(_mm256_add_ps(a0, a1), _mm256_add_ps(a2, a3));
}

inline float fold(const Step (&sums)[4]) {
  const __m256 eight = _mm256_add_ps(fold4(sums[0].low, sums[1].low, sums[2].low, sums[3].low),
                                     fold4(sums[0].high, sums[1].high, sums[2].high, sums[3].high));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

template <class Term>
inline float score(const float* query, const float* row, std::size_t dim) {
  const __m256 zero = _mm256_setzero_ps();
  Step sums[4] = {{zero, zero}, {zero, zero}, {zero, zero}, {zero, zero}};
  std::size_t d = 0;
  for (; d + 64 <= dim; d += 64) {
    for (std::size_t i = 0; i < 4; ++i) {
      add_step<Term>(load(query + d + 16 * i), load(row + d + 16 * i), sums[i]);
    }
  }
  for (std::size_t i = 0; i < 4; ++i, d += 16) {
    if (d + 16 > dim) {
      if (d < dim) {
        add_step<Term>(load_part(query + d, dim - d), load_part(row + d, dim - d), sums[i]);
      }
      break;
    }
    add_step<Term>(load(query + d), load(row + d), sums[i]);
  }
  return fold(sums);
}

inline void prefetch_row(const float* row, std::size_t dim) {
  const char* place = reinterpret_cast<const char*>(row);
  // Beyond a few lines the processor's own prefetcher has recognised the stream.
  const std::size_t bytes = dim * sizeof(float) < 2048 ? dim * sizeof(float) : 2048;
  for (std::size_t byte = 0; byte < bytes; byte += 64) _mm_prefetch(place + byte, _MM_HINT_T0);
}

template <class Term>
void score_rows(const float* query, const float* rows, std::size_t dim, const std::uint32_t* slots,
                std::size_t count, float* out) {
  if (slots == nullptr) {
    for (std::size_t i = 0; i < count; ++i) out[i] = score<Term>(query, rows + i * dim, dim);
    return;
  }
  const std::size_t lead = count < kRowsAhead ? count : kRowsAhead;
  for (std::size_t i = 0; i < lead; ++i) prefetch_row(rows + slots[i] * dim, dim);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kRowsAhead < count) prefetch_row(rows + slots[i + kRowsAhead] * dim, dim);
    out[i] = score<Term>(query, rows + slots[i] * dim, dim);
  }
}

}  // namespace

void l2_rows(const float* query, const float* rows, std::size_t dim, const std::uint32_t* slots,
             std::size_t count, float* out) noexcept {
  score_rows<SquaredDistance>(query, rows, dim, slots, count, out);
}

void dot_rows(const float* query, const float* rows, std::size_t dim, const std::uint32_t* slots,
              std::size_t count, float* out) noexcept {
  score_rows<Product>(query, rows, dim, slots, count, out);
}

}  // namespace ruvector::kernels::avx2
