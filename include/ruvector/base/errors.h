// The error tree of the library, the same names as in Python.
// A wrong argument that is no class of its own throws std::invalid_argument.
// Each message names the thing, the value and the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace ruvector {

class RuVectorError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class IndexError : public RuVectorError {
 public:
  using RuVectorError::RuVectorError;
};

// A vector or query whose dimension is not the index's. ValueError in Python.
class DimensionMismatch : public IndexError {
 public:
  DimensionMismatch(const std::string& what_has_it, std::size_t expected, std::size_t actual);
  std::size_t expected() const noexcept { return expected_; }
  std::size_t actual() const noexcept { return actual_; }

 private:
  std::size_t expected_;
  std::size_t actual_;
};

// A search of an index that holds no vector.
class EmptyIndex : public IndexError {
 public:
  using IndexError::IndexError;
};

// A file that cannot be written, read or trusted. OSError in Python.
class PersistError : public IndexError {
 public:
  PersistError(std::filesystem::path path, const std::string& reason);
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// An id that is added twice. ValueError in Python.
class DuplicateId : public IndexError {
 public:
  explicit DuplicateId(std::uint64_t id);
  std::uint64_t id() const noexcept { return id_; }

 private:
  std::uint64_t id_;
};

// An id that the index does not hold. LookupError in Python.
class IdNotFound : public IndexError {
 public:
  explicit IdNotFound(std::uint64_t id);
  std::uint64_t id() const noexcept { return id_; }

 private:
  std::uint64_t id_;
};

// Asked for vectors from an index that keeps none. LookupError in Python.
class RowsNotKept : public IndexError {
 public:
  using IndexError::IndexError;
};

// --- ruLake

class LakeError : public RuVectorError {
 public:
  using RuVectorError::RuVectorError;
};

// What a store said, or that it did not answer in time. LookupErrors of stores have their own
// class.
class BackendError : public LakeError {
 public:
  BackendError(std::string backend, const std::string& reason);
  const std::string& backend() const noexcept { return backend_; }

 private:
  std::string backend_;
};

// A backend that is not registered. LookupError in Python.
class UnknownBackend : public LakeError {
 public:
  explicit UnknownBackend(const std::string& backend);
};

// A collection that a backend does not hold. LookupError in Python.
class UnknownCollection : public LakeError {
 public:
  UnknownCollection(const std::string& backend, const std::string& collection);
  explicit UnknownCollection(const std::string& collection);  // in no backend
};

// Asked for a cached version where there is none. LookupError in Python.
class CacheMissError : public LakeError {
 public:
  using LakeError::LakeError;
};

// A bundle whose witness is not that of its fields, or an index that is not the bundle's.
// ValueError in Python.
class WitnessMismatch : public LakeError {
 public:
  WitnessMismatch(const std::string& what, std::string expected, std::string actual);
  const std::string& expected() const noexcept { return expected_; }
  const std::string& actual() const noexcept { return actual_; }

 private:
  std::string expected_;
  std::string actual_;
};

// A query, or data, of another encoder than those of a lake or collection. ValueError in Python.
class EncoderMismatch : public LakeError {
 public:
  EncoderMismatch(const std::string& what, std::string expected, std::string actual);
  const std::string& expected() const noexcept { return expected_; }
  const std::string& actual() const noexcept { return actual_; }

 private:
  std::string expected_;
  std::string actual_;
};

// A bundle that cannot be read, written or trusted. ValueError in Python.
class BundleError : public LakeError {
 public:
  using LakeError::LakeError;
};

// --- embeddings

// A model, an input or a file of a model that cannot be used.
class EmbedError : public RuVectorError {
 public:
  using RuVectorError::RuVectorError;
};

// A model that is neither known nor a directory, or whose files are not there. LookupError in
// Python.
class ModelNotFound : public EmbedError {
 public:
  using EmbedError::EmbedError;
};

// A file of a model whose bytes are not the pinned ones. ValueError in Python.
class ModelDigestMismatch : public EmbedError {
 public:
  ModelDigestMismatch(const std::string& what, std::string expected, std::string actual);
  const std::string& expected() const noexcept { return expected_; }
  const std::string& actual() const noexcept { return actual_; }

 private:
  std::string expected_;
  std::string actual_;
};

// An asynchronous call that its caller cancelled. asyncio.CancelledError in Python.
class Cancelled : public RuVectorError {
 public:
  using RuVectorError::RuVectorError;
};

}  // namespace ruvector
