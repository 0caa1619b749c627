// Everything an index holds. Plain data: what is done to it lives in growth.h, search.h and rbpx.h.
// Not thread-safe by itself; Engine adds the lock.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "base/array.h"
#include "index/code_store.h"
#include "index/encoder.h"
#include "index/exact_scorer.h"
#include "index/id_map.h"
#include "index/partition.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

// The class that the user sees. The numbers are those of the file format.
enum class Kind : std::uint32_t { flat_f32 = 1, rabitq = 2, rabitq_plus = 3, rabitq_asym = 4 };
const char* kind_name(Kind kind);
const char* metric_name(Metric metric);  // as in Python: "l2", "ip", "cosine"

struct State {
  Kind kind = Kind::flat_f32;
  std::size_t dim = 0;
  Metric metric = Metric::l2;
  std::uint64_t seed = 42;
  std::optional<std::uint32_t> rerank_factor;
  std::uint32_t bits = 32;  // per dimension of the codes, as the user asked
  bool keeps_rows = true;
  std::uint64_t trained_on = 0;  // vectors that the centre was learned from

  base::Array<Id> ids;
  IdMap id_map;
  base::Array<float> rows;             // (n, dim) when keeps_rows
  base::Array<float> inverse_norms;    // (n) when keeps_rows under cosine
  std::optional<Encoder> encoder;      // none on FlatF32Index
  CodeStore codes;                     // by slot, or by lane where there are lists
  std::optional<Partition> partition;  // none: one list of all vectors

  std::size_t size() const { return ids.size(); }
  Rows row_view() const;
  RowSource kept_rows() const;  // by slot; none are there unless keeps_rows
};

// The shape of the codes of an index of `kind`, for `bits` 1..8 as the user asks.
CodeShape code_shape(Kind kind, std::size_t dim, std::uint32_t bits);

// A state and its lock: readers share, writers exclude.
class Engine {
 public:
  explicit Engine(State state) : state_(std::move(state)) {}
  Engine(const Engine& other) : state_(other.copy()) {}

  template <class F>
  auto read(F&& f) const {
    const std::shared_lock lock(mutex_);
    return f(state_);
  }
  template <class F>
  auto write(F&& f) {
    const std::unique_lock lock(mutex_);
    return f(state_);
  }

 private:
  State copy() const {
    const std::shared_lock lock(mutex_);
    return state_;
  }
  mutable std::shared_mutex mutex_;
  State state_;
};

}  // namespace ruvector::index
