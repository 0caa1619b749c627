#include "ruvector/lake/backend.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/array.h"

namespace ruvector {
namespace {

// What pull_vectors gives, as a single chunk.
class OneChunk final : public PulledChunks {
 public:
  explicit OneChunk(PulledBatch batch) : rows_(batch.ids.rows), batch_(std::move(batch)) {}
  std::optional<std::size_t> rows() const override { return rows_; }
  std::optional<PulledBatch> next() override { return std::exchange(batch_, std::nullopt); }

 private:
  std::size_t rows_;
  std::optional<PulledBatch> batch_;
};

template <class T>
SharedArray<T> copied(const T* values, std::size_t rows, std::size_t cols) {
  base::Array<T> array(rows * cols);
  std::copy_n(values, rows * cols, array.mutable_data());
  return {array.share(), array.data(), rows, cols, cols};
}

}  // namespace

PulledBatch PulledBatch::copy_of(std::span<const Id> ids, MatrixView vectors,
                                 Generation generation) {
  if (ids.size() != vectors.rows) {
    throw std::invalid_argument("PulledBatch: " + std::to_string(ids.size()) + " ids for " +
                                std::to_string(vectors.rows) + " vectors");
  }
  return {copied(ids.data(), ids.size(), 1), copied(vectors.data, vectors.rows, vectors.cols),
          std::move(generation)};
}

std::string BackendAdapter::data_ref(const std::string& collection) {
  return id() + "://" + collection;
}

std::optional<RuLakeBundle> BackendAdapter::current_bundle(const std::string&, std::uint64_t,
                                                           std::uint64_t) {
  return std::nullopt;
}

std::unique_ptr<PulledChunks> BackendAdapter::pull_chunks(const std::string& collection) {
  return std::make_unique<OneChunk>(pull_vectors(collection));
}

std::optional<PulledChanges> BackendAdapter::pull_changes(const std::string&, const Generation&) {
  return std::nullopt;
}

}  // namespace ruvector
