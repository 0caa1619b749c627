// Collections in this process's memory.
// Thread-safe. Copies share the same collections.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "ruvector/base/matrix_view.h"
#include "ruvector/lake/backend.h"

namespace ruvector {

class LocalBackend final : public BackendAdapter {
 public:
  explicit LocalBackend(std::string name);
  ~LocalBackend() override;

  // Replaces or adds vectors by id; makes the collection if there is none. The rows are copied
  // once. Throws DimensionMismatch, DuplicateId (twice in `ids`), std::invalid_argument (lengths
  // differ, a value is not finite, a name is empty); then nothing has changed.
  void upsert(const std::string& collection, std::span<const Id> ids, MatrixView vectors);
  // Throws IdNotFound (or DuplicateId when an id is given twice), UnknownCollection; then nothing
  // has changed.
  void remove(const std::string& collection, std::span<const Id> ids);
  // Forgets the collection. Throws UnknownCollection.
  void drop(const std::string& collection);
  std::size_t size(const std::string& collection) const;  // throws UnknownCollection
  std::size_t dim(const std::string& collection) const;   // throws UnknownCollection

  std::string id() const override;
  std::vector<std::string> list_collections() override;  // sorted
  // In O(1): shares the rows, which later changes leave alone.
  PulledBatch pull_vectors(const std::string& collection) override;
  // Identity of the content: equal data give equal generations, in any order and process.
  Generation generation(const std::string& collection) override;
  std::string data_ref(const std::string& collection) override;  // local://<id>/<collection>
  std::optional<RuLakeBundle> current_bundle(const std::string& collection,
                                             std::uint64_t rotation_seed,
                                             std::uint64_t rerank_factor) override;
  bool pulls_snapshots() const override { return true; }
  bool may_block() const override { return false; }

 private:
  class Store;
  std::shared_ptr<Store> store_;
};

}  // namespace ruvector
