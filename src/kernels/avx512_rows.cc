// Exact scores of rows, in the tree order of kernels.h: one register is one step of 16 elements.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/avx512.h"
#include "kernels/kernels.h"

namespace ruvector::kernels::avx512 {
namespace {

constexpr std::size_t kRowsAhead = 8;

struct SquaredDistance {
  static __m512 add(__m512 query, __m512 row, __m512 sum) {
    const __m512 difference = _mm512_sub_ps(query, row);
    return _mm512_fmadd_ps(difference, difference, sum);
  }
};

struct Product {
  static __m512 add(__m512 query, __m512 row, __m512 sum) {
    return _mm512_fmadd_ps(query, row, sum);
  }
};

inline float fold(__m512 a0, __m512 a1, __m512 a2, __m512 a3) {
  const __m512 all = _mm512_add_ps(_mm512_add_ps(a0, a1), _mm512_add_ps(a2, a3));
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

template <class Term>
inline float score(const float* query, const float* row, std::size_t dim) {
  __m512 sums[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(),
                    _mm512_setzero_ps()};
  std::size_t d = 0;
  for (; d + 64 <= dim; d += 64) {
    for (std::size_t i = 0; i < 4; ++i) {
      sums[i] = Term::add(_mm512_loadu_ps(query + d + 16 * i), _mm512_loadu_ps(row + d + 16 * i),
                          sums[i]);
    }
  }
  for (std::size_t i = 0; i < 4; ++i, d += 16) {
    if (d >= dim) break;
    const std::size_t left = dim - d;
    const __mmask16 mask = static_cast<__mmask16>(left >= 16 ? 0xffffu : (1u << left) - 1);
    sums[i] = Term::add(_mm512_maskz_loadu_ps(mask, query + d),
                        _mm512_maskz_loadu_ps(mask, row + d), sums[i]);
  }
  return fold(sums[0], sums[1], sums[2], sums[3]);
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

}  // namespace ruvector::kernels::avx512
