#include "lake/ruvec1.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file_status.h"
#include "base/parallel.h"
#include "index/id_map.h"
#include "index/validate.h"
#include "lake/read_fully.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector::lake {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read as they lie in memory");

constexpr std::string_view kMagic("ruvec1\0\0", 8);
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;  // stays in a core's own cache

std::size_t record_bytes(std::size_t dim) { return sizeof(Id) + dim * sizeof(float); }
std::size_t rows_per_piece(std::size_t dim) {
  return std::max<std::size_t>(1, kPieceBytes / record_bytes(dim));
}

template <class T>
T number_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

// True when all are finite. Plain enough for the compiler to do it 4 at a time.
bool copy_row(const std::byte* from, std::size_t dim, float* to) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t bad = 0;
  for (std::size_t d = 0; d < dim; ++d) {
    std::uint32_t bits;
    std::memcpy(&bits, from + d * sizeof(bits), sizeof(bits));
    bad |= (bits & kExponent) == kExponent ? 1U : 0U;
    std::memcpy(to + d, &bits, sizeof(bits));
  }
  return bad == 0;
}

void lower_to(std::atomic<std::size_t>& least, std::size_t value) {
  std::size_t known = least.load();
  while (value < known && !least.compare_exchange_weak(known, value)) {
  }
}

void require_unique(std::span<const Id> ids, const std::filesystem::path& path) {
  const auto not_ascending = [](Id a, Id b) { return a >= b; };
  if (std::adjacent_find(ids.begin(), ids.end(), not_ascending) == ids.end()) return;
  index::IdMap seen;
  Id duplicate = 0;
  if (seen.append(ids.data(), 0, ids.size(), &duplicate)) return;
  throw PersistError(path, "id " + std::to_string(duplicate) + " is there twice");
}

// Reads and takes apart the records of one file.
class Records {
 public:
  Records(int fd, const Ruvec1Header& header, const std::filesystem::path& path)
      : fd_(fd), header_(header), path_(path) {}

  Ruvec1Content read() {
    Ruvec1Content content{header_.dim, base::Array<Id>(header_.rows),
                          base::Array<float>(header_.rows * header_.dim)};
    ids_ = content.ids.mutable_data();
    rows_ = content.rows.mutable_data();
    const std::size_t piece = rows_per_piece(header_.dim);
    std::vector<std::unique_ptr<std::byte[]>> buffers(num_threads());
    base::parallel_for(
        (header_.rows + piece - 1) / piece, buffers.size(),
        [&](std::size_t task, std::size_t worker) {
          std::unique_ptr<std::byte[]>& buffer = buffers[worker];
          if (!buffer) {
            buffer = std::make_unique_for_overwrite<std::byte[]>(piece * record_bytes(header_.dim));
          }
          const std::size_t begin = task * piece;
          read_piece(begin, std::min(header_.rows - begin, piece), buffer.get());
        });
    if (first_bad_ < header_.rows) {
      throw PersistError(path_, "row " + std::to_string(first_bad_) + " (id " +
                                    std::to_string(ids_[first_bad_]) + ") is not finite");
    }
    require_unique(content.ids.span(), path_);
    return content;
  }

 private:
  void read_piece(std::size_t begin, std::size_t count, std::byte* buffer) {
    const std::size_t stride = record_bytes(header_.dim);
    read_fully(fd_, kRuvec1HeaderBytes + begin * stride, {buffer, count * stride}, path_);
    for (std::size_t i = 0; i < count; ++i) {
      const std::byte* record = buffer + i * stride;
      std::memcpy(ids_ + begin + i, record, sizeof(Id));
      if (!copy_row(record + sizeof(Id), header_.dim, rows_ + (begin + i) * header_.dim)) {
        lower_to(first_bad_, begin + i);
      }
    }
  }

  const int fd_;
  const Ruvec1Header header_;
  const std::filesystem::path& path_;
  Id* ids_ = nullptr;
  float* rows_ = nullptr;
  std::atomic<std::size_t> first_bad_{kMaxVectors};
};

}  // namespace

Ruvec1Header parse_ruvec1_header(std::span<const std::byte> head, std::uint64_t file_bytes,
                                 bool lenient, const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& reason) { throw PersistError(path, reason); };
  if (head.size() < kRuvec1HeaderBytes) {
    refuse("is no ruvec1 file: it has " + std::to_string(head.size()) +
           " bytes, a header needs 24");
  }
  if (std::memcmp(head.data(), kMagic.data(), kMagic.size()) != 0) {
    refuse("is no ruvec1 file: it does not start with the magic bytes");
  }
  const auto rows = number_at<std::uint64_t>(head, 8);
  const auto dim = number_at<std::uint32_t>(head, 16);
  const auto reserved = number_at<std::uint32_t>(head, 20);
  if (dim < 1 || dim > kMaxDim) {
    refuse("dim is " + std::to_string(dim) + ", not in 1.." + std::to_string(kMaxDim));
  }
  if (rows > kMaxVectors) {
    refuse(std::to_string(rows) + " rows are above the limit of " + std::to_string(kMaxVectors));
  }
  if (rows * dim * sizeof(float) > kMaxRuvec1RowBytes) {
    refuse(std::to_string(rows) + " rows of dim " + std::to_string(dim) +
           " are above the limit of " + std::to_string(kMaxRuvec1RowBytes) + " bytes");
  }
  if (reserved != 0 && !lenient) {
    refuse("its reserved field is " + std::to_string(reserved) + ", expected 0");
  }
  const std::uint64_t expected = kRuvec1HeaderBytes + rows * record_bytes(dim);
  if (file_bytes < expected || (file_bytes > expected && !lenient)) {
    refuse("has " + std::to_string(file_bytes) + " bytes, expected " + std::to_string(expected) +
           " for " + std::to_string(rows) + " rows of dim " + std::to_string(dim));
  }
  return {static_cast<std::size_t>(rows), dim};
}

Ruvec1Content read_ruvec1(int fd, bool lenient, const std::filesystem::path& path) {
  const auto status = base::status_of(fd);
  if (!status) {
    throw PersistError(path, "cannot be examined: " + std::generic_category().message(errno));
  }
  if (status->kind != base::FileKind::regular) throw PersistError(path, "is no regular file");
  const std::uint64_t size = status->size;
  std::array<std::byte, kRuvec1HeaderBytes> head;
  const auto present = std::span(head).first(std::min<std::uint64_t>(size, head.size()));
  read_fully(fd, 0, present, path);
  return Records(fd, parse_ruvec1_header(present, size, lenient, path), path).read();
}

void check_ruvec1(std::span<const Id> ids, MatrixView vectors) {
  const auto refuse = [](const std::string& reason) { throw std::invalid_argument(reason); };
  if (ids.size() != vectors.rows) {
    refuse("ids: " + std::to_string(ids.size()) + " ids for " + std::to_string(vectors.rows) +
           " vectors");
  }
  if (vectors.cols < 1 || vectors.cols > kMaxDim) {
    refuse("vectors: dim is " + std::to_string(vectors.cols) + ", not in 1.." +
           std::to_string(kMaxDim));
  }
  if (vectors.rows > kMaxVectors ||
      vectors.rows * vectors.cols * sizeof(float) > kMaxRuvec1RowBytes) {
    refuse("vectors: " + std::to_string(vectors.rows) + " rows of dim " +
           std::to_string(vectors.cols) + " are above the limit of " + std::to_string(kMaxVectors) +
           " rows or " + std::to_string(kMaxRuvec1RowBytes) + " bytes");
  }
  index::check_rows("vectors", vectors, Metric::l2, num_threads());
  index::IdMap seen;
  Id duplicate = 0;
  if (!seen.append(ids.data(), 0, ids.size(), &duplicate)) throw DuplicateId(duplicate);
}

void write_ruvec1(std::span<const Id> ids, MatrixView vectors, const AppendBytes& append) {
  std::array<std::byte, kRuvec1HeaderBytes> head{};
  const std::uint64_t rows = vectors.rows;
  const auto dim = static_cast<std::uint32_t>(vectors.cols);
  std::memcpy(head.data(), kMagic.data(), kMagic.size());
  std::memcpy(head.data() + 8, &rows, sizeof(rows));
  std::memcpy(head.data() + 16, &dim, sizeof(dim));
  append(head.data(), head.size());

  const std::size_t stride = record_bytes(vectors.cols);
  const std::size_t piece = rows_per_piece(vectors.cols);
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece * stride);
  for (std::size_t begin = 0; begin < vectors.rows; begin += piece) {
    const std::size_t count = std::min(piece, vectors.rows - begin);
    for (std::size_t i = 0; i < count; ++i) {
      std::byte* record = buffer.get() + i * stride;
      std::memcpy(record, &ids[begin + i], sizeof(Id));
      std::memcpy(record + sizeof(Id), vectors.row(begin + i).data(), stride - sizeof(Id));
    }
    append(buffer.get(), count * stride);
  }
}

}  // namespace ruvector::lake
