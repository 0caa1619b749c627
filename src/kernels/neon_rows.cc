// Exact scores of rows, in the tree order of kernels.h: four registers are one step of 16 elements.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/neon.h"

namespace ruvector::kernels::neon {
namespace {

constexpr std::size_t kRowsAhead = 8;

// One step of the tree: 16 elements.
struct Step {
  float32x4_t quarter[4];
};

struct SquaredDistance {
  static float32x4_t add(float32x4_t query, float32x4_t row, float32x4_t sum) {
    const float32x4_t difference = vsubq_f32(query, row);
    return vfmaq_f32(sum, difference, difference);
  }
};

struct Product {
  static float32x4_t add(float32x4_t query, float32x4_t row, float32x4_t sum) {
    return vfmaq_f32(sum, query, row);
  }
};

inline Step load(const float* x) {
  return {{vld1q_f32(x), vld1q_f32(x + 4), vld1q_f32(x + 8), vld1q_f32(x + 12)}};
}

// The first `count` < 16 elements and zeros.
inline Step load_part(const float* x, std::size_t count) {
  float padded[16] = {};
  for (std::size_t i = 0; i < count; ++i) padded[i] = x[i];
  return load(padded);
}

template <class Term>
inline void add_step(const Step& query, const Step& row, Step& sum) {
  for (std::size_t i = 0; i < 4; ++i) {
    sum.quarter[i] = Term::add(query.quarter[i], row.quarter[i], sum.quarter[i]);
  }
}

inline float fold(const Step (&sums)[4]) {
  float32x4_t all[4];
  for (std::size_t i = 0; i < 4; ++i) {
    all[i] = vaddq_f32(vaddq_f32(sums[0].quarter[i], sums[1].quarter[i]),
                       vaddq_f32(sums[2].quarter[i], sums[3].quarter[i]));
  }
  const float32x4_t four = vaddq_f32(vaddq_f32(all[0], all[2]), vaddq_f32(all[1], all[3]));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

template <class Term>
inline float score(const float* query, const float* row, std::size_t dim) {
  Step sums[4];
  for (Step& sum : sums) {
    for (float32x4_t& quarter : sum.quarter) quarter = vdupq_n_f32(0.0f);
  }
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
  // Beyond a few lines the processor's own prefetcher has recognised the stream.
  const std::size_t elements = dim < 512 ? dim : 512;
  for (std::size_t i = 0; i < elements; i += 16) __builtin_prefetch(row + i);
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

}  // namespace ruvector::kernels::neon
