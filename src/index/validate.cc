#include "index/validate.h"

#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "base/parallel.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kRowsPerTask = 2048;

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw std::invalid_argument(text.str());
}

bool acceptable(std::span<const float> row, Metric metric) {
  std::array<float, 2> sums;
  kernels::active().sums(row.data(), row.size(), sums.data());
  const bool bounded = sums[1] <= kMaxSquaredNorm;  // false for NaN and infinity, too
  return bounded && (metric != Metric::cosine || sums[1] >= std::numeric_limits<float>::min());
}

// Finds out what is wrong with a row and throws.
[[noreturn]] void explain(const std::string& name, std::span<const float> row, Metric metric) {
  for (std::size_t d = 0; d < row.size(); ++d) {
    if (!std::isfinite(row[d])) {
      refuse(name, " is not finite: ", row[d], " at position ", d);
    }
  }
  double squares = 0;
  for (const float value : row) squares += static_cast<double>(value) * static_cast<double>(value);
  if (metric == Metric::cosine && squares <= static_cast<double>(kMaxSquaredNorm)) {
    refuse(name, " has squared norm ", squares, ": under the cosine metric it needs at least ",
           std::numeric_limits<float>::min());
  }
  refuse(name, " has squared norm ", squares, ", above the limit of ", kMaxSquaredNorm);
}

void check_factor(const char* name, std::optional<std::uint32_t> value) {
  if (value && (*value < 1 || *value > kMaxRerankFactor)) {
    refuse(name, " is ", *value, ", not in 1..", kMaxRerankFactor);
  }
}

void check_threads(std::optional<std::size_t> threads) {
  if (threads && (*threads < 1 || *threads > base::kMaxThreads)) {
    refuse("threads is ", *threads, ", not in 1..", base::kMaxThreads);
  }
}

}  // namespace

void check_rows(const char* what, MatrixView rows, Metric metric, std::size_t threads,
                const Progress& progress) {
  std::atomic<std::size_t> first_bad{rows.rows};
  base::parallel_for((rows.rows + kRowsPerTask - 1) / kRowsPerTask, threads,
                     [&](std::size_t task, std::size_t) {
                       const std::size_t end = std::min(rows.rows, (task + 1) * kRowsPerTask);
                       for (std::size_t i = task * kRowsPerTask; i < end; ++i) {
                         if (acceptable(rows.row(i), metric)) continue;
                         std::size_t known = first_bad.load();
                         while (i < known && !first_bad.compare_exchange_weak(known, i)) {
                         }
                         return;
                       }
                     },
                     progress);
  const std::size_t bad = first_bad.load();
  if (bad == rows.rows) return;
  explain(std::string(what) + ": row " + std::to_string(bad), rows.row(bad), metric);
}

void check_query(std::span<const float> query, Metric metric) {
  if (!acceptable(query, metric)) explain("query", query, metric);
}

void check_build(MatrixView vectors, const BuildParams& params) {
  if (vectors.cols < 1 || vectors.cols > kMaxDim) {
    refuse("vectors: dim is ", vectors.cols, ", not in 1..", kMaxDim);
  }
  if (params.bits && (*params.bits < 1 || *params.bits > 8)) {
    refuse("bits is ", *params.bits, ", not in 1..8");
  }
  if (params.partitions && *params.partitions > kMaxPartitions) {
    refuse("partitions is ", *params.partitions, ", not in 1..", kMaxPartitions);
  }
  check_factor("rerank_factor", params.rerank_factor);
  check_threads(params.threads);
}

void check_search(const SearchParams& params) {
  if (params.confidence && !(*params.confidence > 0.0F && *params.confidence <= 1.0F)) {
    refuse("confidence is ", *params.confidence, ", not in (0, 1]");
  }
  if (params.radius && std::isnan(*params.radius)) refuse("radius is NaN");
  if (params.recall && !(*params.recall > 0.0F && *params.recall <= 1.0F)) {
    refuse("recall is ", *params.recall, ", not in (0, 1]");
  }
  if (params.nprobe && *params.nprobe < 1) refuse("nprobe is 0, not at least 1");
  if (params.recall && params.nprobe) {
    refuse("recall is ", *params.recall, " and nprobe is ", *params.nprobe,
           ": a search goes as far as one of them says");
  }
  check_factor("rerank_factor", params.rerank_factor);
  check_threads(params.threads);
}

}  // namespace ruvector::index
