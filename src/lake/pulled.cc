#include "lake/pulled.h"

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "base/array.h"
#include "lake/ask.h"

namespace ruvector::lake {
namespace {

[[noreturn]] void refuse(const LakeKey& key, const std::string& reason) {
  throw BackendError(key.backend, "collection '" + key.collection + "': " + reason);
}

// Grows without holding old and new bytes at once.
class Joined {
 public:
  explicit Joined(const LakeKey& key) : key_(key) {}

  void append(const PulledBatch& chunk, std::optional<std::size_t> rows_to_come) {
    require_sound(key_, chunk);
    if (!generation_) generation_ = chunk.generation;
    if (dim_ == 0) {  // chunks without rows may come first, and need not tell it
      dim_ = chunk.vectors.cols;
      reserve(rows_to_come);
    }
    require_same(chunk);
    if (chunk.ids.rows == 0) return;
    if (chunk.ids.rows > kMaxVectors - ids_.size()) {
      refuse(key_, "more than " + std::to_string(kMaxVectors) + " vectors");
    }
    std::copy_n(chunk.ids.data, chunk.ids.rows, ids_.append(chunk.ids.rows));
    const std::size_t floats = chunk.ids.rows * dim_;
    std::copy_n(chunk.vectors.data, floats, rows_.append(floats));
  }

  PulledBatch take() { return {shared(ids_, 1), shared(rows_, dim_), *std::move(generation_)}; }

 private:
  // A hint that is wrong costs nothing: memory is touched when it is filled.
  void reserve(std::optional<std::size_t> rows) {
    if (!rows || *rows > kMaxVectors) return;
    try {
      ids_.reserve(*rows);
      rows_.reserve(*rows * dim_);
    } catch (const std::bad_alloc&) {
      return;  // nor does one that nothing could hold
    }
  }

  void require_same(const PulledBatch& chunk) const {
    if (chunk.generation != *generation_) {
      refuse(key_, "a chunk is of generation " + chunk.generation.to_string() +
                       ", the first one of " + generation_->to_string());
    }
    if (chunk.ids.rows != 0 && chunk.vectors.cols != dim_) {
      refuse(key_, "a chunk has dimension " + std::to_string(chunk.vectors.cols) +
                       ", the first one " + std::to_string(dim_));
    }
  }

  template <class T>
  static SharedArray<T> shared(const base::Array<T>& array, std::size_t cols) {
    const std::size_t rows = cols == 0 ? 0 : array.size() / cols;
    return {array.share(), array.data(), rows, cols, cols};
  }

  const LakeKey& key_;
  std::optional<Generation> generation_;  // of the first chunk
  std::size_t dim_ = 0;                   // of the first one that tells it
  base::Array<Id> ids_;
  base::Array<float> rows_;
};

}  // namespace

void require_sound(const LakeKey& key, const PulledBatch& batch) {
  const std::size_t rows = batch.vectors.rows;
  const std::size_t dim = batch.vectors.cols;
  if (batch.ids.rows != rows) {
    refuse(key, std::to_string(batch.ids.rows) + " ids for " + std::to_string(rows) + " vectors");
  }
  if (dim > kMaxDim || (dim == 0 && rows != 0)) {
    refuse(key, "dimension " + std::to_string(dim) + " is not in 1.." + std::to_string(kMaxDim));
  }
  if (rows > kMaxVectors) {
    refuse(key,
           std::to_string(rows) + " vectors are above the limit of " + std::to_string(kMaxVectors));
  }
  if (rows != 0 && (batch.ids.data == nullptr || batch.vectors.data == nullptr)) {
    refuse(key, std::to_string(rows) + " vectors, but no memory that holds their " +
                    (batch.ids.data == nullptr ? "ids" : "values"));
  }
  if (rows > 1 && batch.vectors.row_stride != 0 && batch.vectors.row_stride != dim) {
    refuse(key, "rows lie " + std::to_string(batch.vectors.row_stride) +
                    " floats apart, expected " + std::to_string(dim));
  }
}

PulledBatch join_chunks(const LakeKey& key, PulledChunks& chunks, const Progress& poll) {
  const auto next_chunk = [&] { return ask(key, [&] { return chunks.next(); }); };
  std::optional<PulledBatch> first = next_chunk();
  if (!first) refuse(key, "the pull gave no chunk");
  std::optional<PulledBatch> second = next_chunk();
  if (!second) {
    require_sound(key, *first);
    return *std::move(first);
  }
  Joined joined(key);
  joined.append(*first, ask(key, [&] { return chunks.rows(); }));
  first.reset();
  while (second) {
    joined.append(*second, std::nullopt);
    if (poll) poll(0, 0);
    second.reset();  // before the next one comes
    second = next_chunk();
  }
  return joined.take();
}

}  // namespace ruvector::lake
