// A collection of LocalBackend: vectors by id, shared with who pulled them.
// Thread-safe. Writers take turns. Rows that someone pulled are copied before the collection is
// locked for a change, so that readers never wait for the copy.
#pragma once

#include <cstddef>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>

#include "base/array.h"
#include "base/checksum.h"
#include "index/id_map.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/lake/backend.h"

namespace ruvector::lake {

class LocalCollection {
 public:
  // Throws std::invalid_argument when `dim` is not in 1..kMaxDim.
  explicit LocalCollection(std::size_t dim);

  // See LocalBackend.
  void upsert(std::span<const Id> ids, MatrixView vectors);
  void remove(std::span<const Id> ids);
  std::size_t size() const;
  std::size_t dim() const { return dim_; }
  PulledBatch pull() const;
  Generation generation() const;

 private:
  struct Upsert;
  // Copies share memory until one of them is changed.
  struct Content {
    base::Array<Id> ids;
    base::Array<float> rows;  // (ids.size(), dim)
    base::Checksum128 sum;    // of the hashes of all rows, so their order does not matter
    std::string generation;
  };

  Upsert plan(std::span<const Id> ids, MatrixView vectors) const;
  void apply(const Upsert& upsert, Content& content);
  void append(const Upsert& upsert, Content& content);
  void take_out(std::span<const Id> ids, Content& content);
  template <class F>
  void change(F&& f);
  std::string generation_of(std::size_t rows, base::Checksum128 sum) const;

  const std::size_t dim_;
  std::mutex writers_;  // held by who changes the collection, around mutex_
  index::IdMap slots_;  // of content_.ids; for writers only
  mutable std::shared_mutex mutex_;
  Content content_;  // writers may read it without mutex_
};

}  // namespace ruvector::lake
