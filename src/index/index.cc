#include "ruvector/index/index.h"

#include <algorithm>
#include <cstring>

#include "index/build_from.h"
#include "index/growth.h"
#include "index/rbpx.h"
#include "index/read_pattern.h"
#include "index/search.h"
#include "index/state.h"
#include "ruvector/base/runtime.h"
#include "ruvector/index/flat_f32_index.h"
#include "ruvector/index/rabitq_index.h"

namespace ruvector {
namespace {

using index::Engine;
using index::Kind;
using index::State;

std::unique_ptr<Engine> engine_of(State state) {
  return std::make_unique<Engine>(std::move(state));
}

RowsNotKept no_rows(const State& state) {
  return RowsNotKept(std::string(kind_name(state.kind)) +
                     " keeps codes only: it has no vectors to give back");
}

template <class T>
SharedArray<T> shared(const base::Array<T>& array, std::size_t rows, std::size_t cols) {
  return {array.share(), array.data(), rows, cols, cols};
}

template <class T>
bool same(const base::Array<T>& a, const base::Array<T>& b) {
  return a.size() == b.size() &&
         (a.data() == b.data() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

bool same(const State& a, const State& b) {
  if (a.kind != b.kind || a.dim != b.dim || a.metric != b.metric || a.seed != b.seed ||
      a.rerank_factor != b.rerank_factor || a.bits != b.bits || a.keeps_rows != b.keeps_rows ||
      a.encoder.has_value() != b.encoder.has_value()) {
    return false;
  }
  if (a.encoder &&
      (a.encoder->centre() != b.encoder->centre() || a.encoder->unit() != b.encoder->unit())) {
    return false;
  }
  if (a.partition.has_value() != b.partition.has_value()) return false;
  if (a.partition &&
      (a.partition->lists_wanted != b.partition->lists_wanted ||
       !same(a.partition->centroids, b.partition->centroids) ||
       !same(a.partition->layout.arrays().slots, b.partition->layout.arrays().slots))) {
    return false;
  }
  return same(a.ids, b.ids) && same(a.rows, b.rows) && same(a.codes.blocks(), b.codes.blocks()) &&
         same(a.codes.records(), b.codes.records());
}

// kNoId where a lane has no vector.
SharedArray<Id> ids_by_lane(const State& state) {
  const std::span<const std::uint32_t> slots = state.partition->layout.arrays().slots.span();
  auto ids = std::make_shared<std::vector<Id>>(slots.size(), kNoId);
  for (std::size_t lane = 0; lane < slots.size(); ++lane) {
    if (slots[lane] < state.size()) (*ids)[lane] = state.ids[slots[lane]];
  }
  return {ids, ids->data(), ids->size(), 1, 1};
}

}  // namespace

Index::Index(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Index::~Index() = default;
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::Index(const Index& other) : engine_(std::make_unique<Engine>(*other.engine_)) {}
Index& Index::operator=(const Index& other) {
  if (this != &other) engine_ = std::make_unique<Engine>(*other.engine_);
  return *this;
}

std::size_t Index::size() const {
  return engine_->read([](const State& s) { return s.size(); });
}
std::size_t Index::dim() const {
  return engine_->read([](const State& s) { return s.dim; });
}
Metric Index::metric() const {
  return engine_->read([](const State& s) { return s.metric; });
}
std::uint64_t Index::seed() const {
  return engine_->read([](const State& s) { return s.seed; });
}
std::uint32_t Index::bits() const {
  return engine_->read([](const State& s) { return s.bits; });
}
std::optional<std::uint32_t> Index::rerank_factor() const {
  return engine_->read([](const State& s) { return s.rerank_factor; });
}
bool Index::keeps_rows() const {
  return engine_->read([](const State& s) { return s.keeps_rows; });
}

void Index::add(Id id, std::span<const float> vector) {
  engine_->write(
      [&](State& s) { index::append(s, {&id, 1}, {vector.data(), 1, vector.size()}, 1, {}); });
}
void Index::add_batch(std::span<const Id> ids, MatrixView vectors, const Progress& progress) {
  engine_->write([&](State& s) { index::append(s, ids, vectors, num_threads(), progress); });
}
void Index::remove(std::span<const Id> ids) {
  engine_->write([&](State& s) { index::remove(s, ids); });
}
void Index::compact() {
  engine_->write([](State& s) { index::compact(s); });
}

bool Index::contains(Id id) const {
  return engine_->read(
      [&](const State& s) { return s.id_map.find(id, s.ids.data(), s.size()).has_value(); });
}
std::vector<float> Index::vector(Id id) const {
  return engine_->read([&](const State& s) {
    const auto slot = s.id_map.find(id, s.ids.data(), s.size());
    if (!slot) throw IdNotFound(id);
    if (!s.keeps_rows) throw no_rows(s);
    const float* row = s.rows.data() + *slot * s.dim;
    return std::vector<float>(row, row + s.dim);
  });
}
SharedArray<Id> Index::ids() const {
  return engine_->read([](const State& s) { return shared(s.ids, s.size(), 1); });
}
SharedArray<float> Index::rows() const {
  return engine_->read([](const State& s) {
    if (!s.keeps_rows) throw no_rows(s);
    index::expect_whole_reads(s);
    return shared(s.rows, s.size(), s.dim);
  });
}

std::vector<Hit> Index::search(std::span<const float> query, std::size_t k,
                               const SearchParams& params, SearchStats* stats) const {
  return engine_->read([&](const State& s) { return index::search(s, query, k, params, stats); });
}
void Index::search_batch(MatrixView queries, std::size_t k, std::span<Id> ids,
                         std::span<float> scores, const SearchParams& params,
                         SearchStats* stats) const {
  engine_->read(
      [&](const State& s) { index::search_batch(s, queries, k, ids, scores, params, stats); });
}

MemoryUsage Index::memory_usage() const {
  return engine_->read([](const State& s) {
    std::size_t spare = 0;
    const auto bytes = [&](const auto& array) {
      if (!array.is_mapped()) spare += array.capacity_bytes() - array.size_bytes();
      return array.size_bytes();
    };
    MemoryUsage usage = {{"ids", bytes(s.ids)},
                         {"id_map", s.id_map.bytes()},
                         {"rows", bytes(s.rows) + bytes(s.inverse_norms)},
                         {"scan_codes", bytes(s.codes.blocks())},
                         {"refine_codes", bytes(s.codes.records())},
                         {"norms", bytes(s.codes.norms())},
                         {"rotation", s.encoder ? s.encoder->rotation().bytes() : 0}};
    if (s.partition) {
      const index::ListLayout::Arrays& arrays = s.partition->layout.arrays();
      usage.emplace_back("lists", bytes(arrays.sizes) + bytes(arrays.owners) + bytes(arrays.slots) +
                                      bytes(arrays.lanes) + bytes(s.partition->queries));
      usage.emplace_back("centroids", bytes(s.partition->centroids) + s.partition->coarse.bytes());
    }
    usage.emplace_back("spare", spare);
    return usage;
  });
}
std::size_t Index::memory_bytes() const {
  std::size_t total = 0;
  for (const auto& [region, bytes] : memory_usage()) total += bytes;
  return total;
}

void Index::save(const std::filesystem::path& path) const {
  engine_->read([&](const State& s) { index::save_rbpx(s, path); });
}
void Index::spill_to(const std::filesystem::path& directory) {
  engine_->write([&](State& s) { s = index::spilled(s, directory); });
}
std::vector<std::byte> Index::serialize() const {
  return engine_->read([](const State& s) { return index::serialize_rbpx(s); });
}

bool Index::equals(const Index& other) const {
  if (engine_ == other.engine_) return true;
  const auto copy = [](const State& s) { return s; };  // so that no two locks are held at once
  const State mine = engine_->read(copy);
  const State theirs = other.engine_->read(copy);
  return same(mine, theirs);
}

BinaryCodes RabitqIndexBase::codes() const {
  return engine_->read([](const State& s) {
    BinaryCodes codes;
    codes.bits = s.encoder->shape().scan_bits;
    codes.padded_dim = s.encoder->dims();
    codes.ids = s.partition ? ids_by_lane(s) : shared(s.ids, s.size(), 1);
    codes.norms = shared(s.codes.norms(), s.codes.size(), 1);
    codes.packed = shared(s.codes.blocks(), s.codes.block_count(), s.codes.shape().block_bytes());
    return codes;
  });
}

std::optional<std::size_t> RabitqIndexBase::partitions() const {
  return engine_->read([](const State& s) -> std::optional<std::size_t> {
    if (!s.partition) return std::nullopt;
    return s.partition->trained() ? s.partition->layout.list_count() : s.partition->lists_wanted;
  });
}

void RabitqIndexBase::calibrate(MatrixView queries) {
  engine_->write([&](State& s) { index::calibrate(s, queries, num_threads()); });
}

RotationInfo RabitqIndexBase::rotation() const {
  return engine_->read([](const State& s) {
    const index::Rotation& rotation = s.encoder->rotation();
    return RotationInfo{rotation.dense() ? "dense" : "fht_kac", rotation.dims(), rotation.bytes()};
  });
}

void RabitqPlusIndex::save_v1(const std::filesystem::path& path) const {
  engine_->read([&](const State& s) { index::save_rbpx_v1(s, path); });
}

FlatF32Index FlatF32Index::build(MatrixView vectors, const BuildParams& params) {
  return FlatF32Index(engine_of(index::build_state(Kind::flat_f32, vectors, params)));
}
FlatF32Index FlatF32Index::load(const std::filesystem::path& path, const LoadParams& params) {
  return FlatF32Index(engine_of(index::load_rbpx(path, Kind::flat_f32, params)));
}
FlatF32Index FlatF32Index::deserialize(std::span<const std::byte> bytes) {
  return FlatF32Index(engine_of(index::deserialize_rbpx(bytes, Kind::flat_f32)));
}

RabitqIndex RabitqIndex::build(MatrixView vectors, const BuildParams& params) {
  return RabitqIndex(engine_of(index::build_state(Kind::rabitq, vectors, params)));
}
RabitqIndex RabitqIndex::build_from(const RowChunks& chunks, const RowsParams& rows,
                                    const BuildParams& params) {
  return RabitqIndex(engine_of(index::build_from(Kind::rabitq, chunks, rows, params)));
}
RabitqIndex RabitqIndex::build_from(const SharedArray<float>& vectors, const RowsParams& rows,
                                    const BuildParams& params) {
  return RabitqIndex(engine_of(index::build_from(Kind::rabitq, vectors, rows, params)));
}
RabitqIndex RabitqIndex::load(const std::filesystem::path& path, const LoadParams& params) {
  return RabitqIndex(engine_of(index::load_rbpx(path, Kind::rabitq, params)));
}
RabitqIndex RabitqIndex::deserialize(std::span<const std::byte> bytes) {
  return RabitqIndex(engine_of(index::deserialize_rbpx(bytes, Kind::rabitq)));
}

RabitqPlusIndex RabitqPlusIndex::build(MatrixView vectors, const BuildParams& params) {
  return RabitqPlusIndex(engine_of(index::build_state(Kind::rabitq_plus, vectors, params)));
}
RabitqPlusIndex RabitqPlusIndex::build(const SharedArray<float>& rows, const BuildParams& params) {
  return RabitqPlusIndex(engine_of(index::build_state_over(Kind::rabitq_plus, rows, params)));
}
RabitqPlusIndex RabitqPlusIndex::build_from(const RowChunks& chunks, const RowsParams& rows,
                                            const BuildParams& params) {
  return RabitqPlusIndex(engine_of(index::build_from(Kind::rabitq_plus, chunks, rows, params)));
}
RabitqPlusIndex RabitqPlusIndex::build_from(const SharedArray<float>& vectors,
                                            const RowsParams& rows, const BuildParams& params) {
  return RabitqPlusIndex(engine_of(index::build_from(Kind::rabitq_plus, vectors, rows, params)));
}
RabitqPlusIndex RabitqPlusIndex::load(const std::filesystem::path& path, const LoadParams& params) {
  return RabitqPlusIndex(engine_of(index::load_rbpx(path, Kind::rabitq_plus, params)));
}
RabitqPlusIndex RabitqPlusIndex::deserialize(std::span<const std::byte> bytes) {
  return RabitqPlusIndex(engine_of(index::deserialize_rbpx(bytes, Kind::rabitq_plus)));
}

RabitqAsymIndex RabitqAsymIndex::build(MatrixView vectors, const BuildParams& params) {
  return RabitqAsymIndex(engine_of(index::build_state(Kind::rabitq_asym, vectors, params)));
}
RabitqAsymIndex RabitqAsymIndex::build_from(const RowChunks& chunks, const RowsParams& rows,
                                            const BuildParams& params) {
  return RabitqAsymIndex(engine_of(index::build_from(Kind::rabitq_asym, chunks, rows, params)));
}
RabitqAsymIndex RabitqAsymIndex::build_from(const SharedArray<float>& vectors,
                                            const RowsParams& rows, const BuildParams& params) {
  return RabitqAsymIndex(engine_of(index::build_from(Kind::rabitq_asym, vectors, rows, params)));
}
RabitqAsymIndex RabitqAsymIndex::load(const std::filesystem::path& path, const LoadParams& params) {
  return RabitqAsymIndex(engine_of(index::load_rbpx(path, Kind::rabitq_asym, params)));
}
RabitqAsymIndex RabitqAsymIndex::deserialize(std::span<const std::byte> bytes) {
  return RabitqAsymIndex(engine_of(index::deserialize_rbpx(bytes, Kind::rabitq_asym)));
}

}  // namespace ruvector
