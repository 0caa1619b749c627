#include "ruvector/lake/fs_backend.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "base/path_text.h"
#include "lake/confined_directory.h"
#include "lake/file_version.h"
#include "lake/read_fully.h"
#include "lake/ruvec1.h"
#include "ruvector/base/errors.h"

namespace ruvector {
namespace {

using base::Descriptor;
using lake::FileVersion;

constexpr std::string_view kSuffix = ".ruvec1";
constexpr int kAttempts = 10;  // of reading a file that is overwritten meanwhile

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return encoded;
}

void require_file_name(const std::string& name) {
  if (lake::is_file_name(name)) return;
  throw std::invalid_argument(
      "file name '" + name +
      "' is not 1..255 bytes without control characters, '/', '\\' and ':', or is '.' or '..'");
}

void require_name(const char* what, const std::string& name) {
  if (name.empty()) throw std::invalid_argument(std::string(what) + " is empty");
}

template <class T>
SharedArray<T> shared(const base::Array<T>& array, std::size_t rows, std::size_t cols) {
  return {array.share(), array.data(), rows, cols, cols};
}

}  // namespace

class FsBackend::Directory {
 public:
  Directory(std::string name, const std::filesystem::path& root, FsParams params)
      : name_(std::move(name)), params_(std::move(params)), files_(root) {}

  const std::string& name() const { return name_; }
  const lake::ConfinedDirectory& files() const { return files_; }

  void add(const std::string& collection, const std::string& filename) {
    const std::lock_guard lock(mutex_);
    registered_.insert_or_assign(collection, filename);
  }

  // As registered, or by the collection's own name. None: that is no file name.
  std::optional<std::string> filename_of(const std::string& collection) const {
    {
      const std::lock_guard lock(mutex_);
      const auto found = registered_.find(collection);
      if (found != registered_.end()) return found->second;
    }
    std::string filename = collection + std::string(kSuffix);
    if (collection.empty() || !lake::is_file_name(filename)) return std::nullopt;
    return filename;
  }

  std::string require_filename_of(const std::string& collection) const {
    if (auto filename = filename_of(collection)) return *std::move(filename);
    throw UnknownCollection(name_, collection);
  }

  std::vector<std::string> collections() const {
    std::set<std::string> names;
    for (const std::string& file : files_.names()) {
      if (!file.ends_with(kSuffix) || file.size() == kSuffix.size()) continue;
      names.insert(file.substr(0, file.size() - kSuffix.size()));
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [collection, filename] : registered_) names.insert(collection);
    return {names.begin(), names.end()};
  }

  // f(open file), whose content is of the version that f returns with its result. Repeated when the
  // file was changed meanwhile: one that was replaced is read to its end all the same, because it
  // stays as it was, and was the present one when this started.
  template <class F>
  auto read(const std::string& collection, F&& f) {
    File file;
    file.name = require_filename_of(collection);
    file.path = files_.path_of(file.name);
    file.descriptor = files_.open(file.name);
    if (!file.descriptor) throw UnknownCollection(name_, collection);
    const int fd = file.descriptor.get();
    for (int attempt = 1;; ++attempt) {
      file.version = version_known(file);
      try {
        auto result = f(file);
        if (lake::version_of(fd, file.path) == file.version) return result;
      } catch (const PersistError&) {
        // What was read may be half of two versions; only then is it read again.
        if (lake::version_of(fd, file.path) == file.version) throw;
      }
      if (attempt == kAttempts) {
        throw PersistError(file.path, "was changed during each of " + std::to_string(kAttempts) +
                                          " attempts to read it");
      }
    }
  }

  PulledBatch pull(const std::string& collection) {
    return read(collection, [&](const File& file) {
      const lake::Ruvec1Content content =
          lake::read_ruvec1(file.descriptor.get(), params_.lenient, file.path);
      const std::size_t rows = content.ids.size();
      return PulledBatch{shared(content.ids, rows, 1), shared(content.rows, rows, content.dim),
                         identity(file)};
    });
  }

  Generation generation(const std::string& collection) {
    return read(collection, [&](const File& file) { return identity(file); });
  }

  std::pair<Generation, std::size_t> generation_and_dim(const std::string& collection) {
    return read(collection,
                [&](const File& file) { return std::pair(identity(file), dim_of(file)); });
  }

  std::string data_ref(const std::string& collection) const {
    const std::string filename = require_filename_of(collection);
    if (!params_.data_ref_prefix.empty()) {
      return params_.data_ref_prefix + percent_encoded(filename);
    }
    std::string path = base::generic_path_text(files_.path_of(filename));
    if (!path.starts_with('/')) path.insert(0, 1, '/');  // it begins with the letter of a drive
    return "file://" + percent_encoded(path);
  }

 private:
  struct File {
    std::string name;
    std::filesystem::path path;
    Descriptor descriptor;
    FileVersion version;
  };
  struct Known {
    FileVersion version;
    std::string generation;
  };

  // One that was settled once is so for ever.
  FileVersion version_known(const File& file) const {
    const FileVersion version = lake::version_of(file.descriptor.get(), file.path);
    {
      const std::lock_guard lock(mutex_);
      const auto known = known_.find(file.name);
      if (known != known_.end() && known->second.version == version) return version;
    }
    return lake::settled_version_of(file.descriptor.get(), file.path);
  }

  Generation identity(const File& file) {
    {
      const std::lock_guard lock(mutex_);
      const auto known = known_.find(file.name);
      if (known != known_.end() && known->second.version == file.version) {
        return known->second.generation;
      }
    }
    const int fd = file.descriptor.get();
    const FileVersion& version = file.version;
    std::string generation;
    if (params_.full_hash) {
      generation = "content:" + lake::digest_of_all(fd, version.size, file.path);
    } else {
      generation = "file:" + std::to_string(version.size) + "-" +
                   std::to_string(version.modified_ns) + "-" + std::to_string(version.changed_ns) +
                   "-" + std::to_string(version.inode) + "-" +
                   lake::digest_of_ends(fd, version.size, file.path);
    }
    // Remembered only when nothing has changed meanwhile.
    if (lake::version_of(fd, file.path) == version) {
      const std::lock_guard lock(mutex_);
      known_.insert_or_assign(file.name, Known{version, generation});
    }
    return generation;
  }

  std::size_t dim_of(const File& file) const {
    std::array<std::byte, lake::kRuvec1HeaderBytes> head;
    const auto present =
        std::span(head).first(std::min<std::uint64_t>(head.size(), file.version.size));
    lake::read_fully(file.descriptor.get(), 0, present, file.path);
    return lake::parse_ruvec1_header(present, file.version.size, params_.lenient, file.path).dim;
  }

  const std::string name_;
  const FsParams params_;
  const lake::ConfinedDirectory files_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> registered_;  // collection to file name
  std::map<std::string, Known> known_;             // by file name
};

namespace {

// What goes wrong with a file is what the store says.
template <class F>
auto as_store(const std::string& backend, F&& f) {
  try {
    return f();
  } catch (const PersistError& error) {
    throw BackendError(backend, error.what());
  }
}

}  // namespace

FsBackend::FsBackend(std::string name, const std::filesystem::path& root, const FsParams& params) {
  require_name("name of the backend", name);
  directory_ = std::make_unique<Directory>(std::move(name), root, params);
}

FsBackend::~FsBackend() = default;

void FsBackend::register_collection(const std::string& collection, const std::string& filename) {
  require_name("name of the collection", collection);
  require_file_name(filename);
  directory_->add(collection, filename);
}

std::filesystem::path FsBackend::write(const std::string& collection, std::span<const Id> ids,
                                       MatrixView vectors, const std::string& filename) {
  require_name("name of the collection", collection);
  const std::string name =
      filename.empty()
          ? directory_->filename_of(collection).value_or(collection + std::string(kSuffix))
          : filename;
  require_file_name(name);
  lake::check_ruvec1(ids, vectors);
  base::AtomicFile file = directory_->files().replace(name);
  lake::write_ruvec1(ids, vectors,
                     [&](const void* data, std::size_t size) { file.append(data, size); });
  file.commit();
  directory_->add(collection, name);
  return directory_->files().path_of(name);
}

std::string FsBackend::id() const { return directory_->name(); }

std::vector<std::string> FsBackend::list_collections() {
  return as_store(id(), [&] { return directory_->collections(); });
}

PulledBatch FsBackend::pull_vectors(const std::string& collection) {
  return as_store(id(), [&] { return directory_->pull(collection); });
}

Generation FsBackend::generation(const std::string& collection) {
  return as_store(id(), [&] { return directory_->generation(collection); });
}

std::string FsBackend::data_ref(const std::string& collection) {
  return directory_->data_ref(collection);
}

std::optional<RuLakeBundle> FsBackend::current_bundle(const std::string& collection,
                                                      std::uint64_t rotation_seed,
                                                      std::uint64_t rerank_factor) {
  auto [generation, dim] =
      as_store(id(), [&] { return directory_->generation_and_dim(collection); });
  return RuLakeBundle::make(data_ref(collection), dim, rotation_seed, rerank_factor,
                            std::move(generation));
}

}  // namespace ruvector
