#include "index/growth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "index/search.h"
#include "index/test_vectors.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

constexpr Kind kKinds[] = {Kind::flat_f32, Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym};
constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};

State built(Kind kind, MatrixView vectors, Metric metric = Metric::l2,
            std::optional<std::uint32_t> bits = 1, std::span<const Id> ids = {}) {
  BuildParams params;
  params.metric = metric;
  if (kind != Kind::flat_f32) params.bits = bits;
  params.ids = ids;
  return build_state(kind, vectors, params);
}

std::vector<Id> ids_from(Id first, std::size_t count) {
  std::vector<Id> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

template <class T>
bool same(const base::Array<T>& a, const base::Array<T>& b) {
  return std::equal(a.data(), a.data() + a.size(), b.data(), b.data() + b.size());
}

// Everything that a search or a file could show.
void expect_equal(const State& a, const State& b) {
  EXPECT_TRUE(same(a.ids, b.ids));
  EXPECT_TRUE(same(a.rows, b.rows));
  EXPECT_TRUE(same(a.inverse_norms, b.inverse_norms));
  EXPECT_TRUE(same(a.codes.blocks(), b.codes.blocks()));
  EXPECT_TRUE(same(a.codes.records(), b.codes.records()));
  EXPECT_TRUE(same(a.codes.norms(), b.codes.norms()));
  EXPECT_EQ(a.codes.size(), b.codes.size());
  EXPECT_EQ(a.bits, b.bits);
  EXPECT_EQ(a.trained_on, b.trained_on);
  if (!a.encoder) return;
  EXPECT_EQ(a.encoder->unit(), b.encoder->unit());
  EXPECT_EQ(a.encoder->centre(), b.encoder->centre());
  EXPECT_EQ(a.encoder->shape(), b.encoder->shape());
}

void expect_ids_found(const State& state) {
  for (std::uint32_t slot = 0; slot < state.size(); ++slot) {
    const Id id = state.ids.data()[slot];
    ASSERT_EQ(state.id_map.find(id, state.ids.data(), state.size()), slot) << "id " << id;
  }
}

// --- random changes against a plain map

using Model = std::map<Id, std::vector<float>>;

// The best k of the model, by exact scores of one row at a time.
std::vector<Hit> model_search(const Model& model, const State& state, std::span<const float> query,
                              std::size_t k) {
  std::vector<float> values;
  std::vector<Id> ids;
  std::vector<float> norms;
  for (const auto& [id, row] : model) {
    values.insert(values.end(), row.begin(), row.end());
    ids.push_back(id);
    std::array<float, 2> sums;
    kernels::active().sums(row.data(), row.size(), sums.data());
    norms.push_back(1.0F / std::sqrt(sums[1]));
  }
  const Rows rows{values.data(), state.metric == Metric::cosine ? norms.data() : nullptr,
                  ids.data(),    ids.size(),
                  state.dim,     state.metric};
  return brute_force(rows, query, k);
}

void expect_model(const State& state, const Model& model, std::span<const float> query) {
  ASSERT_EQ(state.size(), model.size());
  for (std::size_t slot = 0; slot < state.size(); ++slot) {
    const auto entry = model.find(state.ids.data()[slot]);
    ASSERT_NE(entry, model.end());
    if (!state.keeps_rows) continue;
    const float* row = state.rows.data() + slot * state.dim;
    ASSERT_TRUE(std::equal(entry->second.begin(), entry->second.end(), row));
  }
  expect_ids_found(state);
  if (model.empty()) return;
  SearchParams certain;
  certain.confidence = 1.0F;
  const std::vector<Hit> hits = search(state, query, 10, certain, nullptr);
  if (state.keeps_rows) {
    ASSERT_EQ(hits, model_search(model, state, query, 10));
  } else {
    ASSERT_EQ(hits.size(), std::min<std::size_t>(10, model.size()));
  }
}

void add_random(State& state, Model& model, base::Random& random) {
  const std::size_t count = 1 + random.uniform_below(random.uniform_below(4) == 0 ? 200 : 5);
  const TestVectors rows = gaussian_vectors(count, state.dim, random.next_u64());
  std::vector<Id> ids;
  bool clash = false;
  for (std::size_t i = 0; i < count; ++i) {
    const Id id = random.uniform_below(1'000'000);
    clash = clash || model.contains(id) || std::find(ids.begin(), ids.end(), id) != ids.end();
    ids.push_back(id);
  }
  if (clash) {
    EXPECT_THROW(append(state, ids, rows.view(), 2, {}), DuplicateId);
    return;
  }
  append(state, ids, rows.view(), 2, {});
  for (std::size_t i = 0; i < count; ++i)
    model[ids[i]].assign(rows.row(i).begin(), rows.row(i).end());
}

void remove_random(State& state, Model& model, base::Random& random) {
  std::vector<Id> victims;
  const std::size_t share = 2 + random.uniform_below(20);
  for (const auto& [id, row] : model) {
    if (random.uniform_below(share) == 0) victims.push_back(id);
  }
  for (std::size_t i = victims.size(); i > 1; --i) {
    std::swap(victims[i - 1], victims[random.uniform_below(i)]);
  }
  remove(state, victims);
  for (const Id id : victims) model.erase(id);
}

TEST(Growth, RandomChangesFollowAPlainMap) {
  for (const Kind kind : kKinds) {
    for (const Metric metric : kMetrics) {
      base::Random random(static_cast<std::uint64_t>(kind) * 10 +
                          static_cast<std::uint64_t>(metric));
      const TestVectors first = gaussian_vectors(3, 12, 1);
      State state = built(kind, first.view(), metric, 1 + random.uniform_below(4));
      Model model;
      for (Id id = 0; id < 3; ++id) model[id].assign(first.row(id).begin(), first.row(id).end());
      for (int step = 0; step < 60; ++step) {
        const std::uint64_t choice = random.uniform_below(10);
        if (choice < 6) add_random(state, model, random);
        if (choice >= 6 && choice < 9) remove_random(state, model, random);
        if (choice == 9) compact(state);
        const TestVectors query = gaussian_vectors(1, 12, random.next_u64());
        expect_model(state, model, query.row(0));
      }
    }
  }
}

TEST(Growth, AnIndexCanBeEmptiedAndFilledAgain) {
  const TestVectors data = gaussian_vectors(100, 12, 2);
  const TestVectors other = gaussian_vectors(100, 12, 3, 1e6F);
  for (const Kind kind : kKinds) {
    State state = built(kind, data.view());
    remove(state, ids_from(0, 100));
    EXPECT_EQ(state.size(), 0U);
    EXPECT_THROW(search(state, data.row(0), 1, {}, nullptr), EmptyIndex);
    append(state, ids_from(7, 100), other.view(), 1, {});
    expect_ids_found(state);
    const State fresh = built(kind, other.view(), Metric::l2, 1, ids_from(7, 100));
    expect_equal(state, fresh);
  }
}

TEST(Growth, AnEmptyBuildIsAnIndexToAddTo) {
  const TestVectors data = gaussian_vectors(50, 12, 2);
  for (const Kind kind : kKinds) {
    State state = built(kind, data.first(0));
    EXPECT_EQ(state.size(), 0U);
    append(state, ids_from(0, 50), data.view(), 1, {});
    expect_equal(state, built(kind, data.view()));
  }
}

TEST(Growth, BuildingDoesNotDependOnThreads) {
  const TestVectors data = gaussian_vectors(5000, 20, 4);
  for (const Kind kind : kKinds) {
    for (const Metric metric : kMetrics) {
      BuildParams params;
      params.metric = metric;
      params.threads = 1;
      const State one = build_state(kind, data.view(), params);
      for (const std::size_t threads : {2U, 5U, 8U}) {
        params.threads = threads;
        expect_equal(build_state(kind, data.view(), params), one);
      }
    }
  }
}

// Encoding in pieces uses the same centre only once it is settled; then codes are the same, too.
TEST(Growth, ACodeIsTheSameHoweverItsVectorCame) {
  const TestVectors data = gaussian_vectors(17'000 + 300, 6, 5);
  State at_once = built(Kind::rabitq_plus, data.first(17'000));
  State in_pieces = at_once;
  append(at_once, ids_from(17'000, 300), data.range(17'000, 17'300), 4, {});
  for (std::size_t i = 17'000; i < 17'300; i += 60) {
    append(in_pieces, ids_from(i, 60), data.range(i, i + 60), 1, {});
  }
  expect_equal(in_pieces, at_once);
}

TEST(Growth, TheCentreIsLearnedAnewWhileTheIndexIsSmall) {
  const TestVectors data = gaussian_vectors(2000, 12, 6, 1.0F, 10.0F);
  State state = built(Kind::rabitq_plus, data.first(1));
  EXPECT_EQ(state.trained_on, 1U);
  for (std::size_t i = 1; i < 2000; ++i) append(state, ids_from(i, 1), data.range(i, i + 1), 1, {});
  EXPECT_GE(state.trained_on, 500U);
  double off = 0;
  for (const float value : state.encoder->centre())
    off += std::fabs(static_cast<double>(value) - 10.0);
  EXPECT_LT(off / 12.0, 0.1);
}

TEST(Growth, WhatIsNotKeptIsNotLearnedFromAgain) {
  const TestVectors data = gaussian_vectors(100, 12, 6);
  State state = built(Kind::rabitq, data.first(10));
  const std::vector<float> centre = state.encoder->centre();
  append(state, ids_from(10, 90), data.range(10, 100), 1, {});
  EXPECT_EQ(state.encoder->centre(), centre);
  EXPECT_EQ(state.trained_on, 10U);
}

// --- failures leave no trace

// A copy whose change failed equals the original, and later changes still work.
template <class Error, class F>
void expect_unchanged(const State& original, F&& change) {
  State state = original;
  EXPECT_THROW(change(state), Error);
  expect_equal(state, original);
  expect_ids_found(state);
  State untouched = original;
  const TestVectors more = gaussian_vectors(3, original.dim, 123);
  append(state, ids_from(900'000, 3), more.view(), 1, {});
  append(untouched, ids_from(900'000, 3), more.view(), 1, {});
  expect_equal(state, untouched);
}

TEST(Growth, AFailedChangeLeavesTheStateAsItWas) {
  const TestVectors data = gaussian_vectors(300, 12, 7);
  TestVectors broken = gaussian_vectors(100, 12, 8);
  broken.values[99 * 12] = std::numeric_limits<float>::infinity();
  const TestVectors narrow = gaussian_vectors(100, 11, 8);
  for (const Kind kind : kKinds) {
    for (const Metric metric : kMetrics) {
      const State state = built(kind, data.view(), metric);
      std::vector<Id> repeated = ids_from(5000, 100);
      repeated[99] = 5000;
      std::vector<Id> held = ids_from(5000, 100);
      held[50] = 123;
      expect_unchanged<DuplicateId>(state,
                                    [&](State& s) { append(s, repeated, data.first(100), 2, {}); });
      expect_unchanged<DuplicateId>(state,
                                    [&](State& s) { append(s, held, data.first(100), 2, {}); });
      expect_unchanged<std::invalid_argument>(
          state, [&](State& s) { append(s, ids_from(5000, 100), broken.view(), 2, {}); });
      expect_unchanged<DimensionMismatch>(
          state, [&](State& s) { append(s, ids_from(5000, 100), narrow.view(), 2, {}); });
      expect_unchanged<std::invalid_argument>(
          state, [&](State& s) { append(s, ids_from(5000, 99), data.first(100), 2, {}); });
      expect_unchanged<IdNotFound>(state,
                                   [&](State& s) { remove(s, std::vector<Id>{3, 4, 99'999}); });
      expect_unchanged<DuplicateId>(state, [&](State& s) { remove(s, std::vector<Id>{3, 4, 3}); });
    }
  }
}

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

TEST(Growth, CancellingLeavesTheStateAsItWas) {
  const Progress cancel = [](std::size_t, std::size_t) { throw Cancelled(); };
  const TestVectors data = gaussian_vectors(300, 12, 7);
  // Few vectors, many (the centre is learned anew), and some of another scale (the unit widens).
  const TestVectors few = gaussian_vectors(50, 12, 8);
  const TestVectors many = gaussian_vectors(5000, 12, 8);
  const TestVectors huge = gaussian_vectors(50, 12, 8, 1e9F);
  for (const Kind kind : kKinds) {
    for (const Metric metric : kMetrics) {
      const State state = built(kind, data.view(), metric);
      for (const TestVectors* added : {&few, &many, &huge}) {
        expect_unchanged<Cancelled>(state, [&](State& s) {
          append(s, ids_from(5000, added->rows), added->view(), 2, cancel);
        });
      }
    }
  }
}

TEST(Growth, ABuildCanBeCancelled) {
  const TestVectors data = gaussian_vectors(5000, 12, 7);
  for (const Kind kind : kKinds) {
    BuildParams params;
    params.progress = [](std::size_t done, std::size_t) {
      if (done > 0) throw Cancelled();
    };
    EXPECT_THROW(build_state(kind, data.view(), params), Cancelled);
  }
}

TEST(Growth, ProgressRisesToTheNumberOfVectors) {
  const TestVectors data = gaussian_vectors(5000, 12, 7);
  for (const Kind kind : kKinds) {
    std::size_t last = 0;
    BuildParams params;
    params.bits = 1;
    params.progress = [&](std::size_t done, std::size_t total) {
      EXPECT_EQ(total, 5000U);
      EXPECT_GE(done, last);
      last = done;
    };
    build_state(kind, data.view(), params);
    EXPECT_EQ(last, 5000U);
  }
}

// --- units and memory

TEST(Growth, VectorsOfAnotherScaleWidenTheUnitForAll) {
  const TestVectors data = gaussian_vectors(100, 12, 9);
  const TestVectors huge = gaussian_vectors(10, 12, 10, 1e6F);
  State state = built(Kind::rabitq, data.view());
  const float before = state.encoder->unit();
  append(state, ids_from(100, 10), huge.view(), 1, {});
  EXPECT_GT(state.encoder->unit(), 100.0F * before);
  for (std::size_t slot = 0; slot < 110; ++slot) {
    const Factors factors = scan_factors(state.codes.scan_codes(), slot);
    EXPECT_TRUE(std::isfinite(factors.add) && std::isfinite(factors.rescale) &&
                std::isfinite(factors.error));
  }
  // The huge ones are told from the others, and from one another.
  EXPECT_EQ(search(state, huge.row(3), 1, {}, nullptr).front().id, 103U);
}

std::size_t capacity(const State& s) {
  return s.ids.capacity_bytes() + s.rows.capacity_bytes() + s.inverse_norms.capacity_bytes() +
         s.codes.blocks().capacity_bytes() + s.codes.records().capacity_bytes() +
         s.codes.norms().capacity_bytes();
}

TEST(Growth, CompactGivesMemoryBack) {
  const TestVectors data = gaussian_vectors(40'000, 32, 11);
  for (const Kind kind : kKinds) {
    State state = built(kind, data.view());
    const std::size_t full = capacity(state);
    remove(state, ids_from(1000, 39'000));
    compact(state);
    EXPECT_LT(capacity(state), full / 20) << kind_name(kind);
    EXPECT_EQ(state.size(), 1000U);
    expect_ids_found(state);
    EXPECT_LT(state.id_map.bytes(), full / 20) << "the table of ids of a " << kind_name(kind);
  }
}

TEST(Growth, SetBitsEncodesAsABuildWouldWithThatWidth) {
  const TestVectors data = gaussian_vectors(500, 20, 12);
  State state = built(Kind::rabitq_plus, data.view(), Metric::ip, 1);
  set_bits(state, 2, 3, {});
  expect_equal(state, built(Kind::rabitq_plus, data.view(), Metric::ip, 2));
}

TEST(Growth, ARerankFactorNeedsRows) {
  const TestVectors data = gaussian_vectors(10, 4, 13);
  BuildParams params;
  params.rerank_factor = 3;
  EXPECT_THROW(build_state(Kind::rabitq, data.view(), params), std::invalid_argument);
  EXPECT_TRUE(build_state(Kind::rabitq_asym, data.view(), params).keeps_rows);
  EXPECT_FALSE(build_state(Kind::rabitq_asym, data.view(), {}).keeps_rows);
}

}  // namespace
}  // namespace ruvector::index
