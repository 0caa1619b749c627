#include "ruvector/lake/bundle.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/atomic_file.h"
#include "base/descriptor.h"
#include "base/digest.h"
#include "base/file_status.h"
#include "base/open_file.h"
#include "base/path_text.h"
#include "base/positioned_io.h"
#include "lake/bundle_json.h"

namespace ruvector {
namespace {

constexpr std::string_view kWitnessLabel = "rulake-bundle-witness-v1|";  // of version 2, too
constexpr std::string_view kSignatureLabel = "ruvector-bundle-signature-v1|";

void update(base::Hasher& hasher, std::uint64_t value) {
  std::array<std::byte, 8> bytes;
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(value & 0xff);
    value >>= 8;
  }
  hasher.update(bytes);
}

// What a signature is made over: every key but the signature's own.
std::string signed_text(RuLakeBundle bundle) {
  bundle.signature.reset();
  return std::string(kSignatureLabel) + bundle.to_json();
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
  throw PersistError(path, std::string(what) + ": " + std::generic_category().message(errno));
}

// The whole file, or its beginning when it is longer than any bundle.
std::string read_text(const std::filesystem::path& path) {
  const base::Descriptor file(base::open_for_reading(path));
  if (!file) fail(path, "cannot be opened for reading");
  const auto status = base::status_of(file.get());
  if (!status) fail(path, "cannot be examined");
  if (status->kind != base::FileKind::regular) throw PersistError(path, "is not a regular file");
  std::string text(lake::kMaxBundleBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const std::ptrdiff_t got =
        base::read_at(file.get(), text.data() + size, text.size() - size, size);
    if (got < 0) fail(path, "cannot be read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

RuLakeBundle parse_file(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  try {
    return RuLakeBundle::from_json(text);
  } catch (const BundleError& error) {
    throw BundleError(base::path_text(path) + ": " + error.what());
  }
}

void require_trusted(const RuLakeBundle& bundle, const std::filesystem::path& path,
                     const std::vector<Ed25519PublicKey>& keys) {
  if (keys.empty()) return;
  const bool trusted = std::any_of(keys.begin(), keys.end(), [&](const Ed25519PublicKey& key) {
    return bundle.verify_signature(key);
  });
  if (trusted) return;
  throw BundleError(
      base::path_text(path) + ": bundle: " +
      (bundle.signature ? "its signature is of none of the " : "is not signed by any of the ") +
      std::to_string(keys.size()) + " trusted keys, or not over this content");
}

}  // namespace

std::string witness_of(std::string_view data_ref, std::uint64_t dim, std::uint64_t rotation_seed,
                       std::uint64_t rerank_factor, const Generation& generation) {
  base::Hasher hasher(base::Hasher::Algorithm::shake256);
  hasher.update(kWitnessLabel);
  update(hasher, data_ref.size());
  hasher.update(data_ref);
  hasher.update("|");
  update(hasher, dim);
  update(hasher, rotation_seed);
  update(hasher, rerank_factor);
  hasher.update("|");
  if (generation.is_number()) {
    update(hasher, 1 + sizeof(std::uint64_t));
    hasher.update(std::string_view("\0", 1));
    update(hasher, generation.number());
  } else {
    update(hasher, 1 + generation.text().size());
    hasher.update("\1");
    hasher.update(generation.text());
  }
  return base::to_hex(hasher.finish());
}

Ed25519PublicKey public_key_of(const Ed25519PrivateKey& key) {
  return base::ed25519_public_key(key);
}

RuLakeBundle RuLakeBundle::make(std::string data_ref, std::uint64_t dim,
                                std::uint64_t rotation_seed, std::uint64_t rerank_factor,
                                Generation generation) {
  RuLakeBundle bundle;
  bundle.rvf_witness = witness_of(data_ref, dim, rotation_seed, rerank_factor, generation);
  bundle.data_ref = std::move(data_ref);
  bundle.dim = dim;
  bundle.rotation_seed = rotation_seed;
  bundle.rerank_factor = rerank_factor;
  bundle.generation = std::move(generation);
  return bundle;
}

std::string RuLakeBundle::to_json() const { return lake::print_bundle(*this); }

RuLakeBundle RuLakeBundle::from_json(std::string_view text) { return lake::parse_bundle(text); }

bool RuLakeBundle::verify_witness() const {
  return rvf_witness == witness_of(data_ref, dim, rotation_seed, rerank_factor, generation);
}

void RuLakeBundle::require_witness() const {
  const std::string expected = witness_of(data_ref, dim, rotation_seed, rerank_factor, generation);
  if (rvf_witness == expected) return;
  throw WitnessMismatch("bundle: witness", expected, rvf_witness);
}

void RuLakeBundle::sign(const Ed25519PrivateKey& key) {
  public_key = base::to_hex(base::ed25519_public_key(key));
  const std::string text = signed_text(*this);
  signature = base::to_hex(base::ed25519_sign(key, bytes_of(text)));
}

bool RuLakeBundle::verify_signature(const Ed25519PublicKey& key) const {
  base::Ed25519Signature value;
  if (public_key != base::to_hex(key) || !signature || !base::from_hex(*signature, value)) {
    return false;
  }
  try {
    return base::ed25519_verify(key, bytes_of(signed_text(*this)), value);
  } catch (const BundleError&) {
    return false;  // what cannot be written was never signed
  }
}

std::filesystem::path RuLakeBundle::write_to_dir(const std::filesystem::path& directory) const {
  const std::string text = to_json();
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw PersistError(directory, "cannot be made: " + error.message());
  const std::filesystem::path path = directory / kFileName;
  base::AtomicFile file(path);
  file.append(text.data(), text.size());
  file.commit();
  return path;
}

RuLakeBundle RuLakeBundle::read_from_dir(const std::filesystem::path& directory,
                                         const ReadParams& params) {
  const std::filesystem::path path = directory / kFileName;
  RuLakeBundle bundle = parse_file(path);
  bundle.require_witness();
  require_trusted(bundle, path, params.trusted_keys);
  return bundle;
}

bool RuLakeBundle::exists_in(const std::filesystem::path& directory) {
  std::error_code error;
  return std::filesystem::exists(directory / kFileName, error);
}

}  // namespace ruvector
