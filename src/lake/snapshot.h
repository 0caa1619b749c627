// A cached version as files: an index under a name made of its content, and the bundle that names
// it. docs/formats/snapshot.md.
// Thread-safe: functions of their arguments. Any number of threads and processes may save to and
// open the same directory at once: savers take turns, and who opens sees one save or another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "ruvector/index/rabitq_index.h"
#include "ruvector/lake/bundle.h"

namespace ruvector::lake {

struct Snapshot {
  RuLakeBundle bundle;
  RabitqPlusIndex index;  // maps its file
  std::uintmax_t file_bytes;
};

// Makes the directory, writes the index, then the bundle with index_file and index_digest set and,
// with a key, signed; then removes index files of older saves. After a crash the old snapshot or
// the new one is there, whole. Returns the index's path. Throws PersistError, BundleError, and
// WitnessMismatch when the bundle's witness, dim or seed is not right: what open_snapshot refuses
// is not written.
std::filesystem::path save_snapshot(const RabitqPlusIndex& index, RuLakeBundle bundle,
                                    const std::filesystem::path& directory,
                                    const std::optional<Ed25519PrivateKey>& key);

// Maps what was saved. Checks the bundle, its signature by `params`, and that the index file's
// length and head (the checksums of all its parts) are those that the bundle names; `verify` reads
// every byte and value. With params.lenient also an index that no digest binds, a file index.rbpx
// of the original, with trailing bytes too, and another seed.
// Throws PersistError (cannot be read, or damaged), BundleError (names no index, or not as saved
// by us), WitnessMismatch (the index is not the bundle's).
Snapshot open_snapshot(const std::filesystem::path& directory, const ReadParams& params,
                       bool verify);

}  // namespace ruvector::lake
