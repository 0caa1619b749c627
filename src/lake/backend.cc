#include "ruvector/lake/backend.h"

#include <stdexcept>
#include <utility>

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
SharedArray<T> shared(std::vector<T> values, std::size_t rows, std::size_t cols) {
  auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  const T* data = owner->data();
  return {std::move(owner), data, rows, cols, cols};
}

}  // namespace

PulledBatch PulledBatch::of(std::vector<Id> ids, std::vector<float> vectors, std::size_t dim,
                            Generation generation) {
  const std::size_t rows = ids.size();
  if (rows * dim != vectors.size()) {
    throw std::invalid_argument("PulledBatch: " + std::to_string(vectors.size()) + " floats for " +
                                std::to_string(rows) + " ids of dimension " + std::to_string(dim));
  }
  return {shared(std::move(ids), rows, 1), shared(std::move(vectors), rows, dim),
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
