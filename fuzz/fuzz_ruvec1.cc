// Reads arbitrary bytes as a ruvec1 file, strictly and leniently. What is read is finite, has each
// id once, and is written as the same bytes. Sees the private reader: a backend would wait for the
// clock after each change of the file.
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_set>

#include "lake/ruvec1.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace {

using ruvector::lake::Ruvec1Content;

void require(bool condition) {
  if (!condition) std::abort();
}

// A file in memory.
int file_of(const std::uint8_t* data, std::size_t size) {
  static const int fd = ::memfd_create("fuzz_ruvec1", MFD_CLOEXEC);
  require(fd >= 0 && ::ftruncate(fd, 0) == 0);
  require(::pwrite(fd, data, size, 0) == static_cast<ssize_t>(size));
  return fd;
}

std::optional<Ruvec1Content> read(int fd, bool lenient) {
  try {
    return ruvector::lake::read_ruvec1(fd, lenient, "fuzz");
  } catch (const ruvector::PersistError&) {
    return std::nullopt;
  }
}

std::string written(const Ruvec1Content& content) {
  std::string bytes;
  ruvector::lake::write_ruvec1(content.ids.span(),
                               {content.rows.data(), content.ids.size(), content.dim},
                               [&](const void* data, std::size_t size) {
                                 bytes.append(static_cast<const char*>(data), size);
                               });
  return bytes;
}

void check(const Ruvec1Content& content) {
  require(content.dim >= 1 && content.dim <= ruvector::kMaxDim);
  require(content.rows.size() == content.ids.size() * content.dim);
  for (const float value : content.rows) require(std::isfinite(value));
  const std::unordered_set<ruvector::Id> ids(content.ids.begin(), content.ids.end());
  require(ids.size() == content.ids.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ruvector::set_num_threads(1);
  const int fd = file_of(data, size);
  const std::optional<Ruvec1Content> lenient = read(fd, true);
  const std::optional<Ruvec1Content> strict = read(fd, false);
  if (lenient) check(*lenient);
  if (!strict) return 0;
  require(lenient.has_value() && lenient->ids.size() == strict->ids.size());
  if (size > 65536) return 0;
  const std::string bytes = written(*strict);
  require(bytes.size() == size && std::memcmp(bytes.data(), data, size) == 0);
  return 0;
}
