// The surface that all indexes share.
// Thread-safe: any number of threads may call const methods at once; methods that change the index
// wait for them and exclude them. Copying shares memory until one side is changed.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ruvector/base/errors.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/index/binary_codes.h"
#include "ruvector/index/types.h"

namespace ruvector {

namespace index {
class Engine;
}

class Index {
 public:
  ~Index();
  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  Index(const Index&);
  Index& operator=(const Index&);

  std::size_t size() const;
  std::size_t dim() const;
  Metric metric() const;
  std::uint64_t seed() const;
  std::uint32_t bits() const;  // per dimension of the codes; 32 where there are none
  std::optional<std::uint32_t> rerank_factor() const;
  bool keeps_rows() const;

  // Adds vectors of dim() finite floats. Throws DimensionMismatch, DuplicateId,
  // std::invalid_argument (not finite, names the row); then nothing is added.
  void add(Id id, std::span<const float> vector);
  void add_batch(std::span<const Id> ids, MatrixView vectors, const Progress& progress = {});
  // Throws IdNotFound (or DuplicateId when an id is given twice); then nothing is removed.
  // The last vectors move into the freed slots.
  void remove(std::span<const Id> ids);
  // Gives memory held for growth back, and puts lists side by side.
  void compact();

  bool contains(Id id) const;
  // Copies the vector of `id` as it was added. Throws IdNotFound, RowsNotKept.
  std::vector<float> vector(Id id) const;
  // The ids by slot, and the rows by slot, (size(), dim()); they stay as they are when the index
  // changes later. rows() throws RowsNotKept.
  SharedArray<Id> ids() const;
  SharedArray<float> rows() const;

  // The best `k` vectors by (score, id), ascending; fewer when there are fewer. Throws EmptyIndex,
  // DimensionMismatch, std::invalid_argument.
  std::vector<Hit> search(std::span<const float> query, std::size_t k,
                          const SearchParams& params = {}, SearchStats* stats = nullptr) const;
  // For each query k hits into ids and scores, both (queries.rows, k); short rows are padded with
  // kNoId and +infinity. The same hits as search() gives, for any number of threads.
  void search_batch(MatrixView queries, std::size_t k, std::span<Id> ids, std::span<float> scores,
                    const SearchParams& params = {}, SearchStats* stats = nullptr) const;

  // What belongs to someone else is counted in full, too: sections of a mapped file, and rows that
  // an index was built over (RabitqPlusIndex), which another index may count as well.
  MemoryUsage memory_usage() const;
  std::size_t memory_bytes() const;

  // Writes a temporary file beside `path`, syncs it and renames it: after a crash the old file or
  // the new one is there, whole. Throws PersistError.
  void save(const std::filesystem::path& path) const;
  // Moves the index's memory into a file without a name in `directory` and maps it: the system may
  // then take pages out of memory and read them back. The file is gone with the index, even when
  // the process is killed. Later changes copy what they touch into memory. Throws PersistError; the
  // index is then what it was.
  void spill_to(const std::filesystem::path& directory);
  // The same bytes as save() writes.
  std::vector<std::byte> serialize() const;

  // True when both hold the same vectors, ids and codes in the same order, by the same parameters.
  bool equals(const Index& other) const;

 protected:
  explicit Index(std::unique_ptr<index::Engine> engine);
  std::unique_ptr<index::Engine> engine_;
};

struct LoadParams {
  bool verify = false;  // check every checksum now, instead of the header's alone
};

}  // namespace ruvector
