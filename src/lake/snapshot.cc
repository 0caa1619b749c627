#include "lake/snapshot.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/descriptor.h"
#include "base/digest.h"
#include "base/directory_files.h"
#include "base/durable.h"
#include "base/file_digest.h"
#include "base/file_status.h"
#include "base/mapped_file.h"
#include "base/open_file.h"
#include "base/path_text.h"
#include "index/rbpx_layout.h"
#include "lake/directory_lock.h"

namespace ruvector::lake {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNamePrefix = "index-";
constexpr std::string_view kNameSuffix = ".rbpx";
constexpr std::size_t kNameDigits = 16;
constexpr const char* kOriginalName = "index.rbpx";  // what the original calls it
constexpr const char* kNewName = "index-new.rbpx";   // in names of temporary files
constexpr std::string_view kHeadLabel = "ruvector-index-head-v1|";
constexpr std::size_t kHeadBytes = 4096;  // an .rbpx header and its section table end before
constexpr int kMaxAttempts = 100;         // of opening, while others save

[[noreturn]] void fail(const fs::path& path, const std::string& what, int error) {
  throw PersistError(path, what + ": " + std::generic_category().message(error));
}

// --- names and digests

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// index-<16 digits>.rbpx and nothing else.
bool is_index_name(std::string_view name) {
  return name.size() == kNamePrefix.size() + kNameDigits + kNameSuffix.size() &&
         name.starts_with(kNamePrefix) && name.ends_with(kNameSuffix) &&
         is_hex(name.substr(kNamePrefix.size(), kNameDigits));
}

std::string index_name(std::string_view digest) {
  return std::string(kNamePrefix) + std::string(digest.substr(0, kNameDigits)) +
         std::string(kNameSuffix);
}

// Of the file's length and its first bytes: with .rbpx, the checksums of all that follows.
std::string head_digest(std::span<const std::byte> bytes) {
  std::array<std::byte, 8> size;
  for (std::size_t i = 0; i < size.size(); ++i) {
    size[i] = static_cast<std::byte>(std::uint64_t{bytes.size()} >> (8 * i) & 0xff);
  }
  base::Hasher hasher(base::Hasher::Algorithm::sha256);
  hasher.update(kHeadLabel);
  hasher.update(size);
  hasher.update(bytes.first(std::min(bytes.size(), kHeadBytes)));
  return base::to_hex(hasher.finish());
}

// The value of index_digest: "<digest of all bytes>-<digest of the head>".
struct IndexDigest {
  static constexpr std::size_t kDigits = 64;
  std::string whole;
  std::string head;

  std::string text() const { return whole + "-" + head; }
};

IndexDigest parse_digest(const std::string& text) {
  constexpr std::size_t kDigits = IndexDigest::kDigits;
  if (text.size() != 2 * kDigits + 1 || text[kDigits] != '-') {
    throw BundleError("bundle: index_digest '" + text + "' is not two digests of 64 digits");
  }
  IndexDigest digest{text.substr(0, kDigits), text.substr(kDigits + 1)};
  if (!is_hex(digest.whole) || !is_hex(digest.head)) {
    throw BundleError("bundle: index_digest '" + text + "' is not lower-case hexadecimal");
  }
  return digest;
}

// --- saving

void require_equal(const char* what, std::uint64_t of_bundle, std::uint64_t of_index) {
  if (of_bundle == of_index) return;
  throw WitnessMismatch(std::string("snapshot: ") + what + " of the index is not the bundle's",
                        std::to_string(of_bundle), std::to_string(of_index));
}

base::Descriptor open_directory(const fs::path& directory) {
  base::Descriptor opened(base::open_directory(directory));
  if (!opened) fail(directory, "cannot be opened", errno);
  return opened;
}

void sync_directory(const fs::path& directory) {
  const base::Descriptor opened = open_directory(directory);
  // EINVAL: it needs none.
  const bool synced = base::make_durable(opened.get()) == 0 || errno == EINVAL;
  if (!synced) fail(directory, "cannot be made durable", errno);
}

// A file that is removed unless it gets its final name.
class StagedFile {
 public:
  explicit StagedFile(const fs::path& directory)
      : path_(base::temporary_path(directory / kNewName)) {}
  ~StagedFile() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove(path_, ignored);
  }
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;
  const fs::path& path() const { return path_; }
  // In the same directory.
  void rename_to(const fs::path& path) {
    const base::Descriptor directory = open_directory(path.parent_path());
    if (base::rename_in(directory.get(), base::path_text(path_.filename()),
                        base::path_text(path.filename())) != 0) {
      fail(path, "cannot be replaced", errno);
    }
    path_.clear();
  }

 private:
  fs::path path_;
};

// Whether `name` is of a temporary file that a dead saver left. Savers hold the directory's lock,
// as publishers do; whoever else writes a bundle there may not.
bool is_left_over(std::string_view name) {
  const std::string ours = "." + std::string(kNewName) + ".";
  if (!name.ends_with(".ruvector-tmp")) return false;
  if (name.starts_with(ours) || name.starts_with("." + ours)) return true;
  return name.starts_with("." + std::string(RuLakeBundle::kFileName) + ".") &&
         base::is_stale_temporary(name);
}

// The index file of the snapshot that is there, empty when there is none; nothing when the bundle
// cannot be read.
std::optional<std::string> current_index(const fs::path& directory) {
  if (!RuLakeBundle::exists_in(directory)) return "";
  try {
    return RuLakeBundle::read_from_dir(directory).index_file.value_or("");
  } catch (const RuVectorError&) {
    return std::nullopt;
  }
}

// Removes what dead savers left, and with `current` index files of other names. What cannot be
// removed is left for the next save.
void remove_old_files(const fs::path& directory, const std::optional<std::string>& current) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = base::path_text(entry->path().filename());
    std::error_code ignored;
    const bool old = current && is_index_name(name) && name != *current;
    if ((old || is_left_over(name)) && fs::is_regular_file(entry->symlink_status(ignored))) {
      fs::remove(entry->path(), ignored);
    }
  }
}

// --- opening

// Which file table.rulake.json is at the moment: each save makes another one.
struct BundleIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;
  friend bool operator==(const BundleIdentity&, const BundleIdentity&) = default;
};

BundleIdentity identify_bundle(const fs::path& directory) {
  const base::Descriptor file(base::open_for_reading(directory / RuLakeBundle::kFileName));
  const auto status = file ? base::status_of(file.get()) : std::nullopt;
  if (!status) return {};
  return {status->device, status->inode, status->changed_ns};
}

struct NamedIndex {
  fs::path path;
  std::optional<IndexDigest> digest;
};

// What the bundle says about its index, none of which is believed.
NamedIndex named_index(const RuLakeBundle& bundle, const fs::path& directory, bool lenient) {
  if (!bundle.index_file) {
    if (bundle.index_digest) throw BundleError("bundle: has an index_digest and no index_file");
    if (lenient) return {directory / kOriginalName, {}};
    throw BundleError(base::path_text(directory / RuLakeBundle::kFileName) +
                      ": bundle: names no index_file; snapshots of the original, whose index no "
                      "digest binds to its bundle, are opened with lenient only");
  }
  if (!is_index_name(*bundle.index_file)) {
    throw BundleError("bundle: index_file '" + *bundle.index_file +
                      "' is not index-<16 hexadecimal digits>.rbpx");
  }
  NamedIndex named{directory / *bundle.index_file, {}};
  if (!bundle.index_digest) {
    if (lenient) return named;
    throw BundleError("bundle: index_file '" + *bundle.index_file +
                      "' has no index_digest, which lenient only accepts");
  }
  named.digest = parse_digest(*bundle.index_digest);
  const std::string expected = index_name(named.digest->whole);
  if (*bundle.index_file != expected) {
    throw BundleError("bundle: index_file '" + *bundle.index_file +
                      "' is not the name that goes with its digest, " + expected);
  }
  return named;
}

void require_regular_file(const fs::path& path) {
  const base::Descriptor directory = open_directory(path.parent_path());
  const auto kind = base::kind_in(directory.get(), base::path_text(path.filename()));
  if (!kind) fail(path, "cannot be examined", errno);
  if (*kind == base::FileKind::link) {
    throw PersistError(path, "is a symbolic link, which may lead out of the snapshot");
  }
  if (*kind != base::FileKind::regular) throw PersistError(path, "is not a regular file");
}

void check_digest(const fs::path& path, std::span<const std::byte> bytes,
                  const IndexDigest& expected, bool verify) {
  const std::string head = head_digest(bytes);
  if (head != expected.head) {
    throw WitnessMismatch(base::path_text(path) + ": digest of the length and head", expected.head,
                          head);
  }
  if (!verify) return;
  const std::string whole = base::to_hex(base::file_digest(bytes));
  if (whole == expected.whole) return;
  throw WitnessMismatch(base::path_text(path) + ": digest of all bytes", expected.whole, whole);
}

// Bytes of a file of format version 1 by its header; none for another file.
std::optional<std::uint64_t> size_of_version_1(std::span<const std::byte> bytes) {
  constexpr std::size_t kHeader = 32;
  const auto number_at = [&](std::size_t offset) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof(value));
    return value;
  };
  if (bytes.size() < kHeader || std::memcmp(bytes.data(), index::kRbpxMagicV1.data(), 8) != 0) {
    return std::nullopt;
  }
  const std::uint64_t dim = number_at(12);
  if (dim > kMaxDim) return std::nullopt;
  return kHeader + number_at(28) * (4 + 4 * dim);
}

RabitqPlusIndex load_index(const fs::path& path, std::span<const std::byte> bytes, bool lenient,
                           bool verify) {
  const auto size = lenient ? size_of_version_1(bytes) : std::nullopt;
  if (!size || *size >= bytes.size()) return RabitqPlusIndex::load(path, {.verify = verify});
  try {
    return RabitqPlusIndex::deserialize(bytes.first(*size));
  } catch (const PersistError& error) {
    throw PersistError(path, error.what());
  }
}

Snapshot open_named(RuLakeBundle bundle, const NamedIndex& named, const ReadParams& params,
                    bool verify) {
  require_regular_file(named.path);
  const auto file = base::MappedFile::open(named.path);
  if (named.digest) check_digest(named.path, file->bytes(), *named.digest, verify);
  Snapshot snapshot{std::move(bundle),
                    load_index(named.path, file->bytes(), params.lenient, verify), file->size()};
  require_equal("dim", snapshot.bundle.dim, snapshot.index.dim());
  if (!params.lenient) {
    require_equal("seed", snapshot.bundle.rotation_seed, snapshot.index.seed());
  }
  return snapshot;
}

}  // namespace

fs::path save_snapshot(const RabitqPlusIndex& index, RuLakeBundle bundle, const fs::path& directory,
                       const std::optional<Ed25519PrivateKey>& key) {
  bundle.require_witness();
  require_equal("dim", bundle.dim, index.dim());
  require_equal("seed", bundle.rotation_seed, index.seed());
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw PersistError(directory, "cannot be made: " + error.message());

  const DirectoryLock lock(directory);
  if (lock.exclusive()) remove_old_files(directory, current_index(directory));
  StagedFile staged(directory);
  index.save(staged.path());
  const auto file = base::MappedFile::open(staged.path());
  const IndexDigest digest{base::to_hex(base::file_digest(file->bytes())),
                           head_digest(file->bytes())};
  bundle.index_file = index_name(digest.whole);
  bundle.index_digest = digest.text();
  bundle.public_key.reset();
  bundle.signature.reset();
  if (key) bundle.sign(*key);
  static_cast<void>(bundle.to_json());  // throws now rather than when the index is in its place

  const fs::path path = directory / *bundle.index_file;
  staged.rename_to(path);
  sync_directory(directory);  // before a bundle can name it
  bundle.write_to_dir(directory);
  if (lock.exclusive()) remove_old_files(directory, bundle.index_file);
  return path;
}

Snapshot open_snapshot(const fs::path& directory, const ReadParams& params, bool verify) {
  for (int attempt = 1;; ++attempt) {
    const BundleIdentity before = identify_bundle(directory);
    RuLakeBundle bundle = RuLakeBundle::read_from_dir(directory, params);
    const NamedIndex named = named_index(bundle, directory, params.lenient);
    try {
      return open_named(std::move(bundle), named, params, verify);
    } catch (const PersistError&) {
      // A newer save removes the index of the older: then the bundle is another one, too.
      if (attempt == kMaxAttempts || identify_bundle(directory) == before) throw;
    }
  }
}

}  // namespace ruvector::lake
