#include "embed/packed_weights.h"

#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/checksum.h"
#include "base/mapped_file.h"
#include "base/parallel.h"
#include "base/path_text.h"
#include "ruvector/base/errors.h"
#include "ruvector/embed/model.h"

namespace ruvector::embed {
namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 8> kMagic = {'r', 'v', 'p', 'a', 'c', 'k', 'e', 'd'};
constexpr std::uint32_t kMaxParts = 1u << 20;

struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;  // as the machine has it: another byte order gives another version
  std::uint32_t parts;
  PackedKey key;
  std::uint64_t file_bytes;
  std::uint64_t checksum;  // of the header with 0 here, then the table
};
static_assert(sizeof(Header) == 64);

// A line of the table behind the header.
struct PartPlace {
  std::uint64_t offset;
  std::uint64_t size;
  std::uint64_t checksum;
};
static_assert(sizeof(PartPlace) == 24);

constexpr std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kPartAlignment - 1) / kPartAlignment * kPartAlignment;
}

std::uint64_t checksum_of(Header header, std::span<const PartPlace> table) {
  header.checksum = 0;
  base::Checksum checksum;
  checksum.update(&header, sizeof(header));
  checksum.update(table.data(), table.size_bytes());
  return checksum.digest();
}

// Each part lies behind the one before it, aligned, and the last ends the file.
bool is_sound(std::span<const PartPlace> table, std::uint64_t begin, std::uint64_t file_bytes) {
  std::uint64_t end = begin;
  for (const PartPlace& place : table) {
    if (place.offset != aligned(end) || place.offset > file_bytes ||
        place.size > file_bytes - place.offset) {
      return false;
    }
    end = place.offset + place.size;
  }
  return end == file_bytes;
}

// The table of a file whose header and table are as they were written.
std::optional<std::vector<PartPlace>> read_table(std::span<const std::byte> file,
                                                 const PackedKey& key) {
  Header header{};
  if (file.size() < sizeof(header)) return std::nullopt;
  std::memcpy(&header, file.data(), sizeof(header));
  if (header.magic != kMagic || header.version != kPackedVersion || header.key != key ||
      header.file_bytes != file.size() || header.parts > kMaxParts ||
      header.parts > (file.size() - sizeof(header)) / sizeof(PartPlace)) {
    return std::nullopt;
  }
  std::vector<PartPlace> table(header.parts);
  const std::size_t table_bytes = table.size() * sizeof(PartPlace);
  if (!table.empty()) std::memcpy(table.data(), file.data() + sizeof(header), table_bytes);
  if (header.checksum != checksum_of(header, table) ||
      !is_sound(table, sizeof(header) + table_bytes, file.size())) {
    return std::nullopt;
  }
  return table;
}

bool are_as_written(std::span<const std::span<const std::byte>> parts,
                    std::span<const PartPlace> table) {
  std::atomic<bool> good{true};
  base::parallel_for(parts.size(), 0, [&](std::size_t i, std::size_t) {
    if (base::checksum64(parts[i].data(), parts[i].size()) != table[i].checksum) good = false;
  });
  return good;
}

std::shared_ptr<const base::MappedFile> map(const fs::path& path) {
  try {
    return base::MappedFile::open(path);
  } catch (const PersistError&) {
    return nullptr;  // most often it is not there
  }
}

std::vector<PartPlace> places_of(const Parts& parts) {
  std::vector<PartPlace> table;
  std::uint64_t end = sizeof(Header) + parts.all().size() * sizeof(PartPlace);
  for (const std::span<const std::byte> part : parts.all()) {
    table.push_back({aligned(end), part.size(), base::checksum64(part.data(), part.size())});
    end = table.back().offset + part.size();
  }
  return table;
}

// Of writers that were killed. One that runs on another machine only fails to write its cache.
void remove_stale_temporaries(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (base::is_stale_temporary(entry->path())) fs::remove(entry->path(), ignored);
  }
}

}  // namespace

fs::path packed_path(std::string_view name, const PackedKey& key) {
  const std::string digits = base::to_hex(key).substr(0, 16);
  return cache_directory() / "packed" /
         base::path_of_text(std::string(name) + "-" + digits + ".weights");
}

std::optional<PartReader> read_packed(const fs::path& path, const PackedKey& key) {
  const std::shared_ptr<const base::MappedFile> file = map(path);
  if (file == nullptr) return std::nullopt;
  const std::optional<std::vector<PartPlace>> table = read_table(file->bytes(), key);
  if (!table) return std::nullopt;
  std::vector<std::span<const std::byte>> parts;
  for (const PartPlace& place : *table) {
    parts.push_back(file->bytes().subspan(place.offset, place.size));
  }
  if (!are_as_written(parts, *table)) return std::nullopt;
  return PartReader(file, std::move(parts));
}

void write_packed(const fs::path& path, const PackedKey& key, const Parts& parts) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);  // opening the file tells what is wrong
  remove_stale_temporaries(path.parent_path());
  const std::vector<PartPlace> table = places_of(parts);
  const std::uint64_t begin = sizeof(Header) + table.size() * sizeof(PartPlace);
  Header header{kMagic,
                kPackedVersion,
                static_cast<std::uint32_t>(table.size()),
                key,
                table.empty() ? begin : table.back().offset + table.back().size,
                0};
  header.checksum = checksum_of(header, table);
  base::AtomicFile file(path);
  file.append(&header, sizeof(header));
  file.append(table.data(), table.size() * sizeof(PartPlace));
  constexpr std::array<std::byte, kPartAlignment> kZeros{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    file.append(kZeros.data(), table[i].offset - file.size());
    file.append(parts.all()[i].data(), parts.all()[i].size());
  }
  file.commit();
}

}  // namespace ruvector::embed
