// Collections in files of one directory, in the format ruvec1 (docs/formats/ruvec1.md).
// Thread-safe. The generation is the identity of a file's content: its size, times, inode and a
// digest of its ends, so that a rewrite within one second, or one that restores the old times, is
// seen.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "ruvector/base/matrix_view.h"
#include "ruvector/lake/backend.h"

namespace ruvector {

struct FsParams {
  bool full_hash = false;  // the generation is a digest of all bytes, equal on every host
  bool lenient = false;    // read files with trailing bytes or with the reserved field set
  // Goes before the file name in data_ref instead of file://<absolute root>/, so that two hosts
  // that hold the same files agree on their witness.
  std::string data_ref_prefix = {};
};

class FsBackend final : public BackendAdapter {
 public:
  // Makes `root`. Throws PersistError.
  FsBackend(std::string name, const std::filesystem::path& root, const FsParams& params = {});
  ~FsBackend() override;

  // A collection is the file <collection>.ruvec1 in the root unless another name is registered for
  // it. A file name is 1..255 bytes without control characters, '/', '\' and ':', and not "." or
  // ".."; a symbolic link that leads out of the root is refused. Throws std::invalid_argument.
  void register_collection(const std::string& collection, const std::string& filename);
  // Replaces the file atomically, and registers it. Returns its path. Throws
  // std::invalid_argument, DuplicateId, PersistError; then the old file is still there.
  std::filesystem::path write(const std::string& collection, std::span<const Id> ids,
                              MatrixView vectors, const std::string& filename = {});

  std::string id() const override;
  std::vector<std::string> list_collections() override;  // sorted; registered or present
  PulledBatch pull_vectors(const std::string& collection) override;
  Generation generation(const std::string& collection) override;
  std::string data_ref(const std::string& collection) override;  // file:// and the encoded path
  std::optional<RuLakeBundle> current_bundle(const std::string& collection,
                                             std::uint64_t rotation_seed,
                                             std::uint64_t rerank_factor) override;
  bool pulls_snapshots() const override { return true; }

 private:
  class Directory;
  std::unique_ptr<Directory> directory_;
};

}  // namespace ruvector
