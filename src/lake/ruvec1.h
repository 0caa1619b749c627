// The file format ruvec1: ids and rows of one collection, interleaved; docs/formats/ruvec1.md.
// Thread-safe: functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

#include "base/array.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/index/types.h"

namespace ruvector::lake {

inline constexpr std::size_t kRuvec1HeaderBytes = 24;
inline constexpr std::uint64_t kMaxRuvec1RowBytes = std::uint64_t{16} << 30;  // of all rows

struct Ruvec1Header {
  std::size_t rows = 0;
  std::size_t dim = 0;
};

// What a file of `file_bytes` bytes that starts with `head` holds. Throws PersistError: not the
// format, above a limit, too short; unless `lenient`: reserved field set, too long.
Ruvec1Header parse_ruvec1_header(std::span<const std::byte> head, std::uint64_t file_bytes,
                                 bool lenient, const std::filesystem::path& path);

struct Ruvec1Content {
  std::size_t dim = 0;
  base::Array<Id> ids;
  base::Array<float> rows;  // (ids.size(), dim)
};

// Reads the file open as `fd`, `path` in messages, on all threads. Allocates nothing before the
// file is known to be as long as its header says; a file that others truncate or overwrite
// meanwhile is no danger. Throws PersistError as above, for a row that is not finite, and for an id
// that is there twice.
Ruvec1Content read_ruvec1(int fd, bool lenient, const std::filesystem::path& path);

// Throws what an index would refuse: std::invalid_argument, DuplicateId; and what the format has no
// room for.
void check_ruvec1(std::span<const Id> ids, MatrixView vectors);
// Hands the whole file of what check_ruvec1() has passed to `append`, in large pieces.
using AppendBytes = std::function<void(const void* data, std::size_t size)>;
void write_ruvec1(std::span<const Id> ids, MatrixView vectors, const AppendBytes& append);

}  // namespace ruvector::lake
