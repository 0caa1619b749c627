// Loads arbitrary bytes as an .rbpx file, and uses what loads. Twice: as they are, and with all
// checksums made right, so that the fuzzer reaches what lies behind them.
#define XXH_INLINE_ALL
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "ruvector/index/flat_f32_index.h"
#include "ruvector/index/rabitq_index.h"

namespace {

using ruvector::Id;

constexpr std::size_t kHeader = 64;
constexpr std::size_t kEntry = 48;  // of the section table

// A file in memory, which is loaded by its path.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("fuzz_rbpx", MFD_CLOEXEC)) {
    if (fd_ < 0) std::abort();
    path_ = "/proc/self/fd/" + std::to_string(fd_);
  }
  void set(std::span<const std::byte> bytes) const {
    if (::ftruncate(fd_, 0) != 0 || ::ftruncate(fd_, static_cast<off_t>(bytes.size())) != 0 ||
        ::pwrite(fd_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      std::abort();
    }
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  int fd_;
  std::filesystem::path path_;
};

template <class T>
T read(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

void write_checksum(std::span<std::byte> bytes, std::size_t offset, std::uint64_t value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

// Makes the checksums right, and the file's length, as docs/formats/rbpx.md says.
void seal(std::span<std::byte> bytes) {
  if (bytes.size() < kHeader) return;
  const std::size_t sections = read<std::uint32_t>(bytes, 20);
  if (sections > 64 || bytes.size() < kHeader + sections * kEntry) return;
  for (std::size_t i = 0; i < sections; ++i) {
    const std::size_t entry = kHeader + i * kEntry;
    const auto offset = read<std::uint64_t>(bytes, entry + 8);
    const auto length = read<std::uint64_t>(bytes, entry + 16);
    if (offset > bytes.size() || length > bytes.size() - offset) continue;
    write_checksum(bytes, entry + 32, XXH3_64bits(bytes.data() + offset, length));
  }
  write_checksum(bytes, 32, bytes.size());
  std::vector<std::byte> summed(bytes.begin(), bytes.begin() + 56);
  const auto table = bytes.subspan(kHeader, sections * kEntry);
  summed.insert(summed.end(), table.begin(), table.end());
  write_checksum(bytes, 56, XXH3_64bits(summed.data(), summed.size()));
}

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<float> query_of(std::size_t dim, float scale) {
  std::vector<float> query(dim);
  for (std::size_t d = 0; d < dim; ++d) {
    query[d] = scale * (static_cast<float>(d * 7 % 11) - 4.5F);
  }
  return query;
}

void search(const ruvector::Index& index, const ruvector::SearchParams& params, float scale) {
  const std::vector<float> query = query_of(index.dim(), scale);
  try {
    const auto hits = index.search(query, 3, params);
    require(hits.size() <= std::min<std::size_t>(3, index.size()));
    std::vector<Id> ids(3);
    std::vector<float> scores(3);
    index.search_batch({query.data(), 1, query.size()}, 3, ids, scores, params);
  } catch (const ruvector::EmptyIndex&) {
    require(index.size() == 0);
  } catch (const ruvector::RowsNotKept&) {
    require(!index.keeps_rows());
  }
}

void search_all_ways(const ruvector::Index& index) {
  search(index, {.threads = 1}, 1.0F);
  search(index, {.threads = 1}, 1e15F);
  search(index, {.confidence = 0.5F, .threads = 1}, 1e-15F);
  search(index, {.rerank_factor = 2, .threads = 1}, 1.0F);
  search(index, {.radius = 1.0F, .threads = 1}, 1.0F);
  const std::vector<Id> some = {0, 1, 3, ruvector::kNoId};
  search(index, {.filter = ruvector::Ids{some}, .threads = 1}, 1.0F);
  const std::vector<std::uint8_t> mask(index.size(), 1);
  search(index, {.filter = ruvector::Mask{mask}, .threads = 1}, 1.0F);
}

void change(ruvector::Index& index) {
  const std::vector<float> row = query_of(index.dim(), 0.5F);
  const auto ids = index.ids();
  try {
    index.add(123'456'789, row);
    if (ids.rows > 0) index.remove(std::span(ids.data, 1));
    index.compact();
  } catch (const ruvector::IndexError&) {  // an unverified file's ids may say anything
  }
  search(index, {.threads = 1}, 1.0F);
}

template <class Index>
void use_file(const MemoryFile& file, std::span<const std::byte> bytes) {
  bool verified = false;
  try {
    const Index index = Index::load(file.path(), {.verify = true});
    verified = true;
    search_all_ways(index);
    const auto again = Index::deserialize(index.serialize());
    require(again.size() == index.size());
  } catch (const ruvector::PersistError&) {
  }
  try {
    Index::deserialize(bytes);
    require(verified);
  } catch (const ruvector::PersistError&) {
    require(!verified);
  }
  try {
    Index index = Index::load(file.path());
    search_all_ways(index);
    change(index);
  } catch (const ruvector::PersistError&) {
    require(!verified);
  }
}

void use(std::span<const std::byte> bytes) {
  static const MemoryFile file;
  file.set(bytes);
  use_file<ruvector::FlatF32Index>(file, bytes);
  use_file<ruvector::RabitqIndex>(file, bytes);
  use_file<ruvector::RabitqPlusIndex>(file, bytes);
  use_file<ruvector::RabitqAsymIndex>(file, bytes);
}

// Where an image's meaning lies: most of its bytes are padding, which plain mutation would hit.
struct Region {
  std::size_t offset;
  std::size_t length;
};

Region pick_region(std::span<const std::byte> bytes, std::mt19937& random) {
  const std::size_t sections = std::min<std::size_t>(read<std::uint32_t>(bytes, 20), 64);
  const std::size_t table = kHeader + sections * kEntry;
  const std::size_t chosen = random() % (sections + 2);
  if (chosen >= sections || table > bytes.size()) return {0, std::min(table, bytes.size())};
  const auto offset = read<std::uint64_t>(bytes, kHeader + chosen * kEntry + 8);
  const auto length = read<std::uint64_t>(bytes, kHeader + chosen * kEntry + 16);
  if (offset >= bytes.size() || length == 0) return {0, table};
  return {offset, std::min<std::size_t>(length, bytes.size() - offset)};
}

void change_value(std::span<std::byte> bytes, std::mt19937& random) {
  constexpr std::uint32_t kValues[] = {
      0,          1,          2,          3,           4,          8,          64,
      4096,       8192,       8193,       100'000'000, 0x3f800000, 0xbf800000, 0x7f800000,
      0xff800000, 0x7fc00000, 0x7f7fffff, 0x7c007c00,  0xfc00fc00, 0x7e007e00, 0x7bff7bff,
      0x00010001, 0x80000000, 0xffffffff, 0x21800000,  0x5d800000, 1000};
  const Region region = pick_region(bytes, random);
  const std::size_t at = region.offset + random() % region.length;
  const std::uint32_t value = random() % 4 == 0 ? static_cast<std::uint32_t>(random())
                                                : kValues[random() % std::size(kValues)];
  const std::size_t width = std::size_t{1} << (random() % 3);
  const std::size_t start = at / width * width;
  std::memcpy(bytes.data() + start, &value, std::min(width, bytes.size() - start));
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::mt19937 random(seed);
  if (size < kHeader || random() % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::span bytes(reinterpret_cast<std::byte*>(data), size);
  for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) change_value(bytes, random);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(first, first + size);
  use(bytes);
  const std::vector<std::byte> before = bytes;
  seal(bytes);
  if (bytes != before) use(bytes);
  return 0;
}
