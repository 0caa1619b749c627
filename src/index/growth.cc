#include "index/growth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "index/calibration.h"
#include "index/division.h"
#include "index/list_balance.h"
#include "index/read_pattern.h"
#include "index/scan_width.h"
#include "index/validate.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kRowsPerTask = 1024;  // a multiple of 64: tasks share no superblock
constexpr std::size_t kWorthDividing = 100'000;
// Up to this many vectors the centre is learned anew whenever the index has grown fourfold.
constexpr std::size_t kSettledAt = 16384;

void check_ids(std::size_t ids, std::size_t rows) {
  if (ids == rows) return;
  throw std::invalid_argument("ids: " + std::to_string(ids) + " ids for " + std::to_string(rows) +
                              " vectors");
}

void check_size(std::size_t before, std::size_t added) {
  if (added <= kMaxVectors - before) return;
  throw std::invalid_argument("vectors: " + std::to_string(before) + " held and " +
                              std::to_string(added) + " added, above the limit of " +
                              std::to_string(kMaxVectors));
}

void append_ids(State& state, std::span<const Id> ids) {
  const std::size_t before = state.size();
  std::copy(ids.begin(), ids.end(), state.ids.append(ids.size()));
  Id duplicate = 0;
  if (state.id_map.append(state.ids.data(), before, ids.size(), &duplicate)) return;
  state.ids.resize(before);
  throw DuplicateId(duplicate);
}

// Norms under cosine: of all rows given, whether the index keeps them or not.
std::vector<float> inverse_norms(MatrixView vectors, Metric metric, std::size_t threads,
                                 const Progress& progress) {
  if (metric != Metric::cosine) return {};
  std::vector<float> norms(vectors.rows);
  const std::size_t tasks = (vectors.rows + kRowsPerTask - 1) / kRowsPerTask;
  base::parallel_for(
      tasks, threads,
      [&](std::size_t task, std::size_t) {
        const std::size_t end = std::min(vectors.rows, (task + 1) * kRowsPerTask);
        for (std::size_t i = task * kRowsPerTask; i < end; ++i) {
          std::array<float, 2> sums;
          kernels::active().sums(vectors.data + i * vectors.cols, vectors.cols, sums.data());
          norms[i] = 1.0F / std::sqrt(sums[1]);
        }
      },
      progress);
  return norms;
}

// The same numbers whenever called: while nothing of the work that `progress` counts is done, the
// caller can cancel all the same.
Progress still_at(const Progress& progress, std::size_t done, std::size_t total) {
  if (!progress) return {};
  return [&progress, done, total](std::size_t, std::size_t) { progress(done, total); };
}

// Slots [first, first + source.count) from `source`.
void encode(const Encoder& encoder, CodeStore& codes, const RowSource& source, std::size_t first,
            std::size_t threads, const Progress& progress) {
  const CodeStore::Writer writer = codes.writer();
  // Tasks end where superblocks end.
  const std::size_t lead = first % kRowsPerTask;
  const std::size_t tasks = (lead + source.count + kRowsPerTask - 1) / kRowsPerTask;
  const auto report = [&](std::size_t done, std::size_t) {
    progress(std::min(done * kRowsPerTask, source.count), source.count);
  };
  base::parallel_for(
      tasks, threads,
      [&](std::size_t task, std::size_t) {
        const std::size_t begin = task == 0 ? 0 : task * kRowsPerTask - lead;
        const std::size_t end = std::min(source.count, (task + 1) * kRowsPerTask - lead);
        encoder.encode(source, begin, end - begin, first + begin, writer);
      },
      progress ? std::function<void(std::size_t, std::size_t)>(report) : nullptr);
}

// Back to the first `count` vectors.
void truncate(State& state, std::size_t count) {
  for (std::size_t slot = state.size(); slot-- > count;) {
    const auto last = static_cast<std::uint32_t>(slot);
    state.id_map.remove_swap(last, last, state.ids.data());
  }
  state.ids.resize(count);
  if (state.keeps_rows) state.rows.resize(count * state.dim);
  if (state.inverse_norms.size() > count) state.inverse_norms.resize(count);
  if (state.partition) {
    take_out(state, count);
  } else if (state.codes.size() > count) {
    state.codes.resize(count);
  }
}

// Encodes into slots from `before` on. Factors that no longer fit float16 make the unit larger, for
// all codes; those that are there change last, when nothing can fail or be cancelled any more.
void encode_added(State& state, const RowSource& added, std::size_t before, std::size_t threads,
                  const Progress& progress) {
  const float unit = state.encoder->unit_for(added, threads, still_at(progress, 0, added.count));
  const float linear = state.encoder->unit() / unit;
  state.codes.resize(state.size());
  if (linear == 1.0F) {
    encode(*state.encoder, state.codes, added, before, threads, progress);
    return;
  }
  Encoder wider = *state.encoder;
  wider.set_unit(unit);
  encode(wider, state.codes, added, before, threads, progress);
  state.codes.scale_factors(0, before, linear * linear, linear);
  state.encoder = std::move(wider);
}

bool centre_is_stale(const State& state, std::size_t before) {
  if (before == 0) return true;
  return state.keeps_rows && state.trained_on < kSettledAt && state.size() >= 4 * state.trained_on;
}

// Learns the centre from all vectors at hand and encodes them; the old codes stay until the end.
void encode_anew(State& state, const RowSource& all, std::size_t threads,
                 const Progress& progress) {
  Encoder encoder = *state.encoder;
  encoder.train(all, threads, still_at(progress, 0, all.count));
  CodeStore codes(encoder.shape());
  codes.resize(all.count);
  encode(encoder, codes, all, 0, threads, progress);
  state.encoder = std::move(encoder);
  state.codes = std::move(codes);
  state.trained_on = all.count;
}

void append_codes(State& state, const RowSource& added, std::size_t before, std::size_t threads,
                  const Progress& progress) {
  const bool stale = centre_is_stale(state, before);
  const RowSource all = stale && state.keeps_rows ? state.kept_rows() : added;
  if (state.partition) {
    stale ? divide(state, all, threads, progress)
          : add_to_lists(state, added, before, threads, progress);
    return;
  }
  if (stale) {
    encode_anew(state, all, threads, progress);
    return;
  }
  encode_added(state, added, before, threads, progress);
}

void append_norms(State& state, std::span<const float> norms) {
  if (norms.empty()) return;
  std::copy(norms.begin(), norms.end(), state.inverse_norms.append(norms.size()));
}

void append_rows(State& state, MatrixView vectors, std::size_t threads, const Progress& progress) {
  float* rows = state.rows.append(vectors.rows * vectors.cols);
  const std::size_t tasks = (vectors.rows + kRowsPerTask - 1) / kRowsPerTask;
  base::parallel_for(
      tasks, threads,
      [&](std::size_t task, std::size_t) {
        const std::size_t begin = task * kRowsPerTask * vectors.cols;
        const std::size_t end =
            std::min(vectors.rows * vectors.cols, begin + kRowsPerTask * vectors.cols);
        std::memcpy(rows + begin, vectors.data + begin, (end - begin) * sizeof(float));
      },
      progress);
}

// Adds vectors with these ids. `take_rows` puts them into state.rows, when the state keeps rows.
template <class TakeRows>
void append_with(State& state, std::span<const Id> ids, MatrixView vectors, std::size_t threads,
                 const Progress& progress, TakeRows&& take_rows) {
  if (vectors.cols != state.dim) throw DimensionMismatch("vectors", state.dim, vectors.cols);
  check_ids(ids.size(), vectors.rows);
  check_size(state.size(), vectors.rows);
  if (vectors.rows == 0) return;
  const Progress waiting = still_at(progress, 0, vectors.rows);
  check_rows("vectors", vectors, state.metric, threads, waiting);
  const std::vector<float> norms = inverse_norms(vectors, state.metric, threads, waiting);

  const std::size_t before = state.size();
  append_ids(state, ids);
  try {
    if (state.keeps_rows) {
      take_rows(waiting);
      append_norms(state, norms);
    }
    if (state.encoder) {
      const RowSource added{vectors.data, norms.empty() ? nullptr : norms.data(), vectors.rows};
      append_codes(state, added, before, threads, progress);
    } else if (progress) {
      progress(vectors.rows, vectors.rows);
    }
  } catch (...) {
    truncate(state, before);
    throw;
  }
}

// As many lists as vectors in one, nearly: what a search pays for centroids and for codes is then
// about the same. Few vectors are scanned faster than lists are chosen.
std::size_t suitable_lists(std::size_t vectors) {
  if (vectors < kWorthDividing) return 0;
  return static_cast<std::size_t>(2.0 * std::sqrt(static_cast<double>(vectors)));
}

State empty_state(Kind kind, std::size_t dim, const BuildParams& params) {
  State state;
  state.kind = kind;
  state.dim = dim;
  state.metric = params.metric;
  state.seed = params.seed;
  state.keeps_rows = kind == Kind::flat_f32 || kind == Kind::rabitq_plus ||
                     (kind == Kind::rabitq_asym && params.rerank_factor.has_value());
  if (kind == Kind::flat_f32) return state;
  if (state.keeps_rows) state.rerank_factor = params.rerank_factor;
  state.bits = params.bits.value_or(1);
  const CodeShape shape = code_shape(kind, dim, state.bits);
  state.encoder.emplace(dim, params.seed, params.metric, shape);
  state.codes = CodeStore(shape);
  return state;
}

void check_kind(Kind kind, const BuildParams& params) {
  if (kind == Kind::flat_f32 && params.partitions) {
    throw std::invalid_argument("partitions is " + std::to_string(*params.partitions) +
                                ": a FlatF32Index has no codes to divide into lists");
  }
  if (kind == Kind::rabitq && params.rerank_factor) {
    throw std::invalid_argument("rerank_factor is " + std::to_string(*params.rerank_factor) +
                                ": a RabitqIndex keeps no rows to rerank by");
  }
}

// A state of all `vectors`; take_rows(state, progress) fills its rows.
template <class TakeRows>
State build_with(Kind kind, MatrixView vectors, const BuildParams& params, TakeRows&& take_rows) {
  check_parameters(kind, vectors.cols, params);
  const std::size_t threads = params.threads.value_or(num_threads());
  State state = empty_state(kind, vectors.cols, params);
  const std::size_t lists = params.partitions == kAutoPartitions ? suitable_lists(vectors.rows)
                                                                 : params.partitions.value_or(0);
  if (lists != 0) state.partition.emplace().lists_wanted = lists;
  state.ids.reserve(vectors.rows);
  std::vector<Id> counted;
  if (params.ids.empty()) {
    counted.resize(vectors.rows);
    std::iota(counted.begin(), counted.end(), Id{0});
  }
  append_with(state, params.ids.empty() ? counted : params.ids, vectors, threads, params.progress,
              [&](const Progress& progress) { take_rows(state, threads, progress); });
  if (kind == Kind::rabitq_plus && !params.bits) choose_scan_width(state, threads, params.progress);
  return state;
}

}  // namespace

MatrixView view_of(const SharedArray<float>& rows) {
  if (rows.rows > 1 && rows.row_stride != 0 && rows.row_stride != rows.cols) {
    throw std::invalid_argument("rows: they lie " + std::to_string(rows.row_stride) +
                                " floats apart, expected " + std::to_string(rows.cols));
  }
  return {rows.data, rows.rows, rows.cols};
}

void check_parameters(Kind kind, std::size_t dim, const BuildParams& params) {
  check_build({nullptr, 0, dim}, params);
  check_kind(kind, params);
}

State build_state(Kind kind, MatrixView vectors, const BuildParams& params) {
  const auto copy = [&](State& state, std::size_t threads, const Progress& progress) {
    state.rows.reserve(vectors.rows * vectors.cols);
    append_rows(state, vectors, threads, progress);
  };
  return build_with(kind, vectors, params, copy);
}

State build_state_of(Kind kind, const base::Array<float>& rows, std::size_t dim,
                     const BuildParams& params) {
  const auto adopt = [&](State& state, std::size_t, const Progress&) { state.rows = rows; };
  return build_with(kind, {rows.data(), dim == 0 ? 0 : rows.size() / dim, dim}, params, adopt);
}

State build_state_over(Kind kind, const SharedArray<float>& rows, const BuildParams& params) {
  const MatrixView view = view_of(rows);
  return build_state_of(
      kind, base::Array<float>::from_mapped(rows.owner, view.data, view.rows * view.cols),
      view.cols, params);
}

void append(State& state, std::span<const Id> ids, MatrixView vectors, std::size_t threads,
            const Progress& progress) {
  expect_whole_reads(state);  // what is mapped is copied before it is changed
  append_with(state, ids, vectors, threads, progress,
              [&](const Progress& waiting) { append_rows(state, vectors, threads, waiting); });
}

void remove(State& state, std::span<const Id> ids) {
  std::unordered_set<Id> seen;
  for (const Id id : ids) {
    if (!state.id_map.find(id, state.ids.data(), state.size())) throw IdNotFound(id);
    if (!seen.insert(id).second) throw DuplicateId(id);
  }
  if (ids.empty()) return;
  if (state.partition) state.partition->layout.check_saved();  // before anything is changed
  expect_whole_reads(state);  // what is mapped is copied before it is changed
  Id* all = state.ids.mutable_data();
  float* rows = state.keeps_rows ? state.rows.mutable_data() : nullptr;
  float* norms = state.inverse_norms.empty() ? nullptr : state.inverse_norms.mutable_data();
  std::size_t size = state.size();
  for (const Id id : ids) {
    const std::uint32_t slot = *state.id_map.find(id, all, size);
    const auto last = static_cast<std::uint32_t>(--size);
    state.id_map.remove_swap(slot, last, all);
    if (state.partition) remove_from_list(state, slot);
    if (slot == last) continue;
    all[slot] = all[last];
    if (rows != nullptr) std::copy_n(rows + last * state.dim, state.dim, rows + slot * state.dim);
    if (norms != nullptr) norms[slot] = norms[last];
    if (state.encoder && !state.partition) state.codes.move(last, slot);
  }
  state.ids.resize(size);
  if (state.keeps_rows) state.rows.resize(size * state.dim);
  if (norms != nullptr) state.inverse_norms.resize(size);
  if (state.encoder && !state.partition) state.codes.resize(size);
  if (state.partition) balance_after_removal(state, ids.size(), num_threads());
}

void set_bits(State& state, std::uint32_t bits, std::size_t threads, const Progress& progress) {
  const Encoder& old = *state.encoder;
  Encoder encoder(state.dim, state.seed, state.metric, code_shape(state.kind, state.dim, bits),
                  old.rotation(), old.centre(), old.unit());
  const Progress waiting = still_at(progress, state.size(), state.size());
  if (state.partition) {
    encoder.expect_lists();
    encode_lists_anew(state, encoder, state.kept_rows(), threads, waiting);
  } else {
    CodeStore codes(encoder.shape());
    codes.resize(state.size());
    encode(encoder, codes, state.kept_rows(), 0, threads, waiting);
    state.codes = std::move(codes);
  }
  state.encoder = std::move(encoder);
  state.bits = bits;
}

void calibrate(State& state, MatrixView queries, std::size_t threads) {
  if (!state.partition || !state.partition->trained()) {
    throw std::invalid_argument("calibrate: the index is not divided into lists");
  }
  if (!state.keeps_rows) {
    throw RowsNotKept(std::string("calibrate: this ") + kind_name(state.kind) +
                      " keeps no rows to find true neighbours with");
  }
  if (queries.cols != state.dim) throw DimensionMismatch("queries", state.dim, queries.cols);
  if (queries.rows == 0) throw std::invalid_argument("queries: 0 rows, at least 1 is needed");
  check_rows("queries", queries, state.metric, threads);
  const std::vector<float> norms = inverse_norms(queries, state.metric, threads, {});
  std::vector<float> unit(queries.data, queries.data + queries.rows * queries.cols);
  for (std::size_t i = 0; i < unit.size() && !norms.empty(); ++i) unit[i] *= norms[i / state.dim];
  state.partition->layout.check_saved();
  expect_whole_reads(state);
  const StoppingRule rule =
      calibrated(state, state.row_view(), unit.data(), queries.rows, false, threads);
  expect_searches(state);
  const std::size_t kept = std::min(queries.rows, kMostQueriesKept);
  base::Array<float> some(kept * state.dim);
  float* to = some.mutable_data();
  for (std::size_t i = 0; i < kept; ++i, to += state.dim) {
    std::copy_n(&unit[i * queries.rows / kept * state.dim], state.dim, to);
  }
  state.partition->queries = std::move(some);
  state.partition->stopping = rule;
}

void compact(State& state) {
  if (state.partition) tidy_lists(state);
  state.ids.shrink_to_fit();
  state.id_map.drop_table();
  state.rows.shrink_to_fit();
  state.inverse_norms.shrink_to_fit();
  state.codes.shrink_to_fit();
}

}  // namespace ruvector::index
