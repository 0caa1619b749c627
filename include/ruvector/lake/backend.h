// The store that already holds the vectors, as ruLake sees it. Subclass BackendAdapter for your
// own. Thread-safe: ruLake calls an adapter from many threads at once; implementations must allow
// it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ruvector/base/matrix_view.h"
#include "ruvector/index/binary_codes.h"
#include "ruvector/index/types.h"
#include "ruvector/lake/bundle.h"
#include "ruvector/lake/generation.h"

namespace ruvector {

// Vectors of a collection, and the version that they are of. Their owners keep the bytes alive and
// unchanged for as long as they live: ruLake uses them in place.
struct PulledBatch {
  SharedArray<Id> ids;         // (n)
  SharedArray<float> vectors;  // (n, dim), row after row without gaps
  Generation generation;

  // Copies `ids` and `vectors`, of as many rows, into memory of the kind that searches are fastest
  // in. Throws std::invalid_argument.
  static PulledBatch copy_of(std::span<const Id> ids, MatrixView vectors, Generation generation);
};

// What happened to a collection since an older version of it.
struct PulledChanges {
  std::vector<Id> removed;  // also those that `added` holds anew
  PulledBatch added;        // its generation is the new version's
};

// A collection in pieces, so that it need not fit into memory twice.
class PulledChunks {
 public:
  virtual ~PulledChunks() = default;
  // Rows of all chunks together, if known beforehand.
  virtual std::optional<std::size_t> rows() const { return std::nullopt; }
  // The next piece; all are of one generation and one dim. None: that was all.
  virtual std::optional<PulledBatch> next() = 0;
};

class BackendAdapter {
 public:
  BackendAdapter() = default;
  BackendAdapter(const BackendAdapter&) = delete;
  BackendAdapter& operator=(const BackendAdapter&) = delete;
  virtual ~BackendAdapter() = default;

  // Name of the backend, unique in a lake; never changes.
  virtual std::string id() const = 0;
  virtual std::vector<std::string> list_collections() = 0;
  // The whole collection. Throws UnknownCollection, and BackendError for what the store says.
  virtual PulledBatch pull_vectors(const std::string& collection) = 0;
  // The present version. Asked at every search under Consistency::fresh: keep it cheap.
  // Throws like pull_vectors.
  virtual Generation generation(const std::string& collection) = 0;

  // What follows may be left as it is.

  // Where the data lie; part of the witness. "<id>://<collection>" here.
  virtual std::string data_ref(const std::string& collection);
  // dim and generation, if they are cheap to tell together: then data that another key has in the
  // cache are not pulled again. None here.
  virtual std::optional<RuLakeBundle> current_bundle(const std::string& collection,
                                                     std::uint64_t rotation_seed,
                                                     std::uint64_t rerank_factor);
  // One chunk with all of pull_vectors here.
  virtual std::unique_ptr<PulledChunks> pull_chunks(const std::string& collection);
  // What changed since `since`, when that is known and less than a pull. None here.
  virtual std::optional<PulledChanges> pull_changes(const std::string& collection,
                                                    const Generation& since);
  // True when a pull's generation always names the very data pulled, however the store changes
  // meanwhile. False here: ruLake then asks for the generation again after each pull.
  virtual bool pulls_snapshots() const { return false; }
  // False when generation() takes microseconds: asynchronous searches then need no thread for it.
  virtual bool may_block() const { return true; }
};

}  // namespace ruvector
