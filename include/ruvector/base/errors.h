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

}  // namespace ruvector
