// Exact search over float32 rows. Use it when n is small, or for ground truth.
// Thread safety: see index.h.
#pragma once

#include "ruvector/index/index.h"

namespace ruvector {

class FlatF32Index final : public Index {
 public:
  // Copies `vectors` (n, dim), 1 <= dim <= kMaxDim, n <= kMaxVectors; seed, bits and rerank_factor
  // are not used. Throws std::invalid_argument, DuplicateId.
  static FlatF32Index build(MatrixView vectors, const BuildParams& params = {});
  // Maps `path`; the file must not change while the index lives. Throws PersistError.
  static FlatF32Index load(const std::filesystem::path& path, const LoadParams& params = {});
  static FlatF32Index deserialize(std::span<const std::byte> bytes);

 private:
  using Index::Index;
};

}  // namespace ruvector
