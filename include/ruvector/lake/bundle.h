// The sidecar file `table.rulake.json`: which data a cache entry was made of, sealed by a witness.
// Byte for byte the format of the original ruLake, version 2; docs/formats/bundle.md.
// Thread-safe as a value is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ruvector/base/errors.h"
#include "ruvector/lake/generation.h"

namespace ruvector {

using Ed25519PrivateKey = std::array<std::byte, 32>;
using Ed25519PublicKey = std::array<std::byte, 32>;

// How strictly bundles and files of others are read.
struct ReadParams {
  // Take what the original silently accepts: trailing bytes, a reserved field that is set, a
  // rotation seed that differs, an index file that no digest binds to its bundle.
  bool lenient = false;
  // When there are any, a bundle without a valid signature by one of them is refused.
  std::vector<Ed25519PublicKey> trusted_keys = {};
};

struct RuLakeBundle {
  static constexpr std::uint32_t kFormatVersion = 2;
  static constexpr const char* kFileName = "table.rulake.json";

  std::uint32_t format_version = kFormatVersion;
  std::string data_ref;  // where the data lie, such as file:///data/docs.bin
  std::uint64_t dim = 0;
  std::uint64_t rotation_seed = 0;
  std::uint64_t rerank_factor = 0;
  Generation generation;
  std::string rvf_witness;  // 64 lowercase hexadecimal digits
  std::optional<std::string> pii_policy;
  std::optional<std::string> lineage_id;
  std::optional<std::string> memory_class;
  // Keys of our own, after those of the original, which ignores them. Left out when unset.
  std::optional<std::string> encoder;       // what made the vectors: see LakeParams::encoder
  std::optional<std::string> index_file;    // name of the index file in the bundle's directory
  std::optional<std::string> index_digest;  // of its bytes: base/file_digest.h
  std::optional<std::string> public_key;    // Ed25519, hexadecimal, of who signed
  std::optional<std::string> signature;     // Ed25519, hexadecimal, over all other keys

  // With the witness computed.
  static RuLakeBundle make(std::string data_ref, std::uint64_t dim, std::uint64_t rotation_seed,
                           std::uint64_t rerank_factor, Generation generation);

  // The JSON text, without a final newline. Throws BundleError when a field is above its limit.
  std::string to_json() const;
  // Throws BundleError: not JSON, a key missing, doubled or of another type, a field above its
  // limit, a newer format. Does not verify the witness, as the original does not.
  static RuLakeBundle from_json(std::string_view text);

  // Whether rvf_witness is that of the other fields.
  bool verify_witness() const;
  // Throws WitnessMismatch.
  void require_witness() const;

  // Signs every other field; changes public_key and signature.
  void sign(const Ed25519PrivateKey& key);
  // Whether the signature is there and was made by the holder of `key` over this very content.
  bool verify_signature(const Ed25519PublicKey& key) const;

  // Writes `directory`/table.rulake.json, making the directory: after a crash the old file or the
  // new one is there, whole. Returns the file's path. Throws BundleError, PersistError.
  std::filesystem::path write_to_dir(const std::filesystem::path& directory) const;
  // Verifies the witness and, by `params`, the signature. Throws BundleError, WitnessMismatch,
  // PersistError when the file cannot be read (see exists_in).
  static RuLakeBundle read_from_dir(const std::filesystem::path& directory,
                                    const ReadParams& params = {});
  static bool exists_in(const std::filesystem::path& directory);

  friend bool operator==(const RuLakeBundle&, const RuLakeBundle&) = default;
};

// SHAKE-256 over the five fields that say which data it is, as 64 hexadecimal digits; witness
// version 2 of the original.
std::string witness_of(std::string_view data_ref, std::uint64_t dim, std::uint64_t rotation_seed,
                       std::uint64_t rerank_factor, const Generation& generation);

// The public key that belongs to `key`.
Ed25519PublicKey public_key_of(const Ed25519PrivateKey& key);

}  // namespace ruvector
