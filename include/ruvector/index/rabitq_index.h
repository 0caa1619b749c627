// The RaBitQ indexes: one family of codes, which differ by the stages that they keep.
// Gao and Long, "RaBitQ" (SIGMOD 2024, arXiv 2405.12497); Gao et al., "Practical and asymptotically
// optimal quantization" (SIGMOD 2025, arXiv 2409.09913) for codes of more than one bit.
// Thread safety: see index.h.
#pragma once

#include "ruvector/index/index.h"
#include "ruvector/index/row_chunks.h"

namespace ruvector {

// build_from() of each class: see row_chunks.h.
class RabitqIndexBase : public Index {
 public:
  // Codes, ids and norms by slot, sharing the index's memory.
  BinaryCodes codes() const;

  // Lists that the vectors are divided into now (BuildParams::partitions); none: not divided.
  std::optional<std::size_t> partitions() const;
  // Learns anew how far a search goes for the recall that it is asked for: from `queries` (n, dim)
  // like those to come, instead of from the index's own rows. A few hundred are enough; 512 are
  // kept, in files, too, to learn from again when the lists have changed. Throws
  // std::invalid_argument when there are no lists, RowsNotKept, DimensionMismatch.
  void calibrate(MatrixView queries);

  RotationInfo rotation() const;

 protected:
  using Index::Index;
};

// Codes only: scores are estimates from a quantised query. Use it when memory is what matters.
class RabitqIndex final : public RabitqIndexBase {
 public:
  static RabitqIndex build(MatrixView vectors, const BuildParams& params = {});
  static RabitqIndex build_from(const RowChunks& chunks, const RowsParams& rows = {},
                                const BuildParams& params = {});
  static RabitqIndex build_from(const SharedArray<float>& vectors, const RowsParams& rows = {},
                                const BuildParams& params = {});
  static RabitqIndex load(const std::filesystem::path& path, const LoadParams& params = {});
  static RabitqIndex deserialize(std::span<const std::byte> bytes);

 private:
  using RabitqIndexBase::RabitqIndexBase;
};

// Codes and rows: the estimate's error bound decides which rows are read, so scores are exact.
// The default choice. Loads files of format version 1, too.
class RabitqPlusIndex final : public RabitqIndexBase {
 public:
  static RabitqPlusIndex build(MatrixView vectors, const BuildParams& params = {});
  // The same index over `rows` themselves: they are not copied until the index changes, and their
  // owner lives as long as it needs them. Rows must follow each other without gaps.
  static RabitqPlusIndex build(const SharedArray<float>& rows, const BuildParams& params = {});
  static RabitqPlusIndex build_from(const RowChunks& chunks, const RowsParams& rows = {},
                                    const BuildParams& params = {});
  static RabitqPlusIndex build_from(const SharedArray<float>& vectors, const RowsParams& rows = {},
                                    const BuildParams& params = {});
  static RabitqPlusIndex load(const std::filesystem::path& path, const LoadParams& params = {});
  static RabitqPlusIndex deserialize(std::span<const std::byte> bytes);
  // Writes format version 1, which older programs read. Throws PersistError when an id is above
  // 2^32 - 1 or the metric is not l2.
  void save_v1(const std::filesystem::path& path) const;

 private:
  using RabitqIndexBase::RabitqIndexBase;
};

// Codes, compared with the full-precision query; with rerank_factor > 0 rows, too.
class RabitqAsymIndex final : public RabitqIndexBase {
 public:
  static RabitqAsymIndex build(MatrixView vectors, const BuildParams& params = {});
  static RabitqAsymIndex build_from(const RowChunks& chunks, const RowsParams& rows = {},
                                    const BuildParams& params = {});
  static RabitqAsymIndex build_from(const SharedArray<float>& vectors, const RowsParams& rows = {},
                                    const BuildParams& params = {});
  static RabitqAsymIndex load(const std::filesystem::path& path, const LoadParams& params = {});
  static RabitqAsymIndex deserialize(std::span<const std::byte> bytes);

 private:
  using RabitqIndexBase::RabitqIndexBase;
};

}  // namespace ruvector
