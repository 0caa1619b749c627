#include "index/flat_search.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.h"
#include "index/top_k.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kRowsAtOnce = 256;
constexpr std::size_t kMinRowsPerThread = 4096;

void push_all(const Rows& rows, const std::uint32_t* slots, std::size_t first, std::size_t count,
              const float* scores, TopK& top) {
  float limit = top.threshold();
  for (std::size_t i = 0; i < count; ++i) {
    if (!(scores[i] <= limit)) continue;
    const std::size_t slot = slots != nullptr ? slots[i] : first + i;
    top.push({scores[i], scores[i], rows.ids[slot], static_cast<std::uint32_t>(slot)});
    limit = top.threshold();
  }
}

void score_listed(const Rows& rows, const ExactScorer& scorer,
                  const std::vector<std::uint32_t>& slots, TopK& top, SearchStats& stats) {
  std::array<float, kRowsAtOnce> scores;
  for (std::size_t i = 0; i < slots.size(); i += kRowsAtOnce) {
    const std::size_t n = std::min(kRowsAtOnce, slots.size() - i);
    scorer.score(&slots[i], n, scores.data());
    push_all(rows, &slots[i], 0, n, scores.data(), top);
  }
  stats.rows_read += slots.size();
}

// Rows [first, last); `first` is a multiple of 64.
void score_part(const Rows& rows, const ExactScorer& scorer, const SlotFilter* filter,
                std::size_t first, std::size_t last, TopK& top, SearchStats& stats) {
  if (filter != nullptr && !filter->everything()) {
    score_listed(rows, scorer, filter->slots(first / 64, (last + 63) / 64), top, stats);
    return;
  }
  std::array<float, kRowsAtOnce> scores;
  for (std::size_t slot = first; slot < last; slot += kRowsAtOnce) {
    const std::size_t n = std::min(kRowsAtOnce, last - slot);
    scorer.score_range(slot, n, scores.data());
    push_all(rows, nullptr, slot, n, scores.data(), top);
  }
  stats.rows_read += last - first;
}

// Queries as packed panels of a matrix product, with what the pruning test needs of each.
class QueryPanels {
 public:
  QueryPanels(const Rows& rows, const float* queries, std::size_t count)
      : dim_(rows.dim), count_(count), squares_(count) {
    const std::size_t panels = (count + kernels::kPanelColumns - 1) / kernels::kPanelColumns;
    packed_.resize(panels * dim_ * kernels::kPanelColumns);
    for (std::size_t q = 0; q < count; ++q) {
      float* column = &packed_[q / kernels::kPanelColumns * dim_ * kernels::kPanelColumns +
                               q % kernels::kPanelColumns];
      const float* query = queries + q * dim_;
      for (std::size_t d = 0; d < dim_; ++d) column[d * kernels::kPanelColumns] = query[d];
      std::array<float, 2> sums;
      kernels::active().sums(query, dim_, sums.data());
      squares_[q] = sums[1];
    }
  }

  // products (count rows of `rows`, queries), row stride kFlatBatchQueries.
  void multiply(const float* rows, std::size_t count, float* products) const {
    kernels::active().gemm(rows, dim_, count, packed_.data(), count_, dim_, products,
                           kFlatBatchQueries);
  }
  float squares(std::size_t query) const { return squares_[query]; }

 private:
  std::size_t dim_;
  std::size_t count_;
  std::vector<float> packed_;
  std::vector<float> squares_;
};

// Which products may belong to a score at or below a threshold t. A computed inner product of x and
// q is within D u |x| |q| <= D u (|x|^2 + |q|^2) / 2 of the true one (u = 2^-24; Higham, Accuracy
// and Stability of Numerical Algorithms, 2002, eq. 3.5), and the exact score loses no more; `slack`
// is a multiple of that. All metrics take the form  product * factor - row_term >= query_term:
//   l2      |x|^2 + |q|^2 - 2 p <= t      p - |x|^2 / 2 >= (|q|^2 - t) / 2
//   ip      -p <= t                       p >= -t
//   cosine  1 - p / |x| <= t              p / |x| >= 1 - t
class ProductTest {
 public:
  ProductTest(const Rows& rows, std::size_t queries)
      : rows_(rows), slack_(4.0F * static_cast<float>(rows.dim + 8) * 0x1p-24F), terms_(queries) {}

  void set_threshold(std::size_t query, float squares, float threshold) {
    const float score = rows_.metric == Metric::l2   ? 0.5F * (squares - threshold)
                        : rows_.metric == Metric::ip ? -threshold
                                                     : 1.0F - threshold;
    terms_[query] = score - slack_ * (squares + std::fabs(threshold) * kThresholdRounding + 1e-30F);
  }
  // Puts the queries whose product with row `slot` passes into `passed`; returns how many.
  std::size_t run(std::size_t slot, const float* products, std::uint32_t* passed) const {
    float row_term = 0;
    float factor = 1;
    if (rows_.metric == Metric::cosine) {
      factor = rows_.inverse_norms[slot];
      row_term = -slack_;
    } else {
      std::array<float, 2> sums;
      kernels::active().sums(rows_.data + slot * rows_.dim, rows_.dim, sums.data());
      row_term = (rows_.metric == Metric::l2 ? 0.5F * sums[1] : 0.0F) - slack_ * sums[1];
    }
    unsigned any = 0;
    for (std::size_t q = 0; q < terms_.size(); ++q) {
      any |= static_cast<unsigned>(products[q] * factor - row_term >= terms_[q]);
    }
    if (any == 0) return 0;
    std::size_t count = 0;
    for (std::size_t q = 0; q < terms_.size(); ++q) {
      passed[count] = static_cast<std::uint32_t>(q);
      count += static_cast<std::size_t>(products[q] * factor - row_term >= terms_[q]);
    }
    return count;
  }

 private:
  static constexpr float kThresholdRounding = 0x1p-4F;

  const Rows& rows_;
  float slack_;
  std::vector<float> terms_;
};

}  // namespace

std::vector<Hit> flat_search(const Rows& rows, const float* query, const FlatParams& params,
                             std::size_t threads, SearchStats* stats) {
  const ExactScorer scorer(rows, query);
  const std::size_t parts = std::clamp<std::size_t>(rows.count / kMinRowsPerThread, 1, threads);
  std::vector<TopK> tops(parts, TopK(params.k, params.radius));
  std::vector<SearchStats> read(parts);
  base::parallel_for(parts, parts, [&](std::size_t part, std::size_t) {
    const std::size_t blocks = (rows.count + 63) / 64;
    const std::size_t first = blocks * part / parts * 64;
    const std::size_t last = std::min(rows.count, blocks * (part + 1) / parts * 64);
    score_part(rows, scorer, params.filter, first, last, tops[part], read[part]);
  });
  for (std::size_t part = 1; part < parts; ++part) {
    for (const Candidate& candidate : tops[part].candidates()) tops[0].push(candidate);
  }
  for (const SearchStats& part : read) {
    if (stats != nullptr) stats->rows_read += part.rows_read;
  }
  return tops[0].take_sorted();
}

void flat_search_batch(const Rows& rows, const float* queries, std::size_t count,
                       const FlatParams& params, std::vector<Hit>* hits, SearchStats* stats) {
  if (params.filter != nullptr && !params.filter->everything()) {
    for (std::size_t q = 0; q < count; ++q) {
      hits[q] = flat_search(rows, queries + q * rows.dim, params, 1, stats);
    }
    return;
  }
  const QueryPanels panels(rows, queries, count);
  ProductTest test(rows, count);
  std::vector<TopK> tops(count, TopK(params.k, params.radius));
  std::vector<float> products(kRowsAtOnce * kFlatBatchQueries);
  std::vector<std::vector<std::uint32_t>> passed(count);
  std::array<std::uint32_t, kFlatBatchQueries> queries_passed;
  std::vector<float> scores(kRowsAtOnce);
  for (std::size_t first = 0; first < rows.count; first += kRowsAtOnce) {
    const std::size_t n = std::min(kRowsAtOnce, rows.count - first);
    panels.multiply(rows.data + first * rows.dim, n, products.data());
    for (std::size_t q = 0; q < count; ++q) {
      test.set_threshold(q, panels.squares(q), tops[q].threshold());
      passed[q].clear();
    }
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t found =
          test.run(first + i, &products[i * kFlatBatchQueries], queries_passed.data());
      for (std::size_t j = 0; j < found; ++j) {
        passed[queries_passed[j]].push_back(static_cast<std::uint32_t>(first + i));
      }
    }
    for (std::size_t q = 0; q < count; ++q) {
      const ExactScorer scorer(rows, queries + q * rows.dim);
      scorer.score(passed[q].data(), passed[q].size(), scores.data());
      push_all(rows, passed[q].data(), 0, passed[q].size(), scores.data(), tops[q]);
    }
  }
  for (std::size_t q = 0; q < count; ++q) hits[q] = tops[q].take_sorted();
  if (stats != nullptr) stats->rows_read += rows.count * count;
}

}  // namespace ruvector::index
