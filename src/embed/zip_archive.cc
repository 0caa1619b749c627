#include "embed/zip_archive.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

// The records of the format: PKWARE's APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16.
constexpr std::uint32_t kLocalMagic = 0x04034b50;
constexpr std::uint32_t kCentralMagic = 0x02014b50;
constexpr std::uint32_t kEndMagic = 0x06054b50;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kCentralBytes = 46;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kMaxComment = 65'535;
constexpr std::uint32_t kIn64Bits = 0xffffffff;
constexpr std::uint32_t kEncrypted = 1;  // a bit of the flags

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  std::size_t size() const noexcept { return bytes_.size(); }

  std::uint32_t word(std::size_t offset) const { return read<std::uint16_t>(offset); }
  std::uint32_t dword(std::size_t offset) const { return read<std::uint32_t>(offset); }

  std::span<const std::byte> range(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      fail("ends inside of a record or an entry");
    }
    return bytes_.subspan(offset, size);
  }

  std::string_view text(std::size_t offset, std::size_t size) const {
    const std::span<const std::byte> bytes = range(offset, size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw EmbedError(file_ + ": zip archive " + reason);
  }

 private:
  template <class T>
  T read(std::size_t offset) const {
    T value;
    std::memcpy(&value, range(offset, sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::span<const std::byte> bytes_;
  const std::string& file_;
};

struct Directory {
  std::size_t offset;
  std::size_t size;
  std::size_t entries;
};

// The last record of the file, behind which there is only its comment.
Directory read_end(const Reader& reader) {
  const std::size_t most = std::min(reader.size(), kEndBytes + kMaxComment);
  for (std::size_t back = kEndBytes; back <= most; ++back) {
    const std::size_t end = reader.size() - back;
    if (reader.dword(end) != kEndMagic || reader.word(end + 20) != back - kEndBytes) continue;
    if (reader.dword(end + 4) != 0 || reader.word(end + 8) != reader.word(end + 10)) {
      reader.fail("has several disks");
    }
    const Directory directory{reader.dword(end + 16), reader.dword(end + 12),
                              reader.word(end + 10)};
    if (directory.offset == kIn64Bits || directory.size == kIn64Bits) {
      reader.fail("is in the 64-bit form, which is not read");
    }
    // Torch puts the records of the 64-bit form between the two, in vain.
    if (directory.offset > end || directory.size > end - directory.offset) {
      reader.fail("has a directory that reaches into its last record");
    }
    return directory;
  }
  reader.fail("has no last record");
}

// The contents that record `at` of the directory tells of.
ZipEntry read_entry(const Reader& reader, std::size_t at, std::size_t directory) {
  const std::string_view name = reader.text(at + kCentralBytes, reader.word(at + 28));
  const auto fail = [&](const char* reason) {
    reader.fail("entry '" + std::string(name) + "' " + reason);
  };
  if ((reader.word(at + 8) & kEncrypted) != 0) fail("is encrypted");
  if (reader.word(at + 10) != 0) fail("is compressed");
  const std::size_t size = reader.dword(at + 24);
  const std::size_t local = reader.dword(at + 42);
  if (size == kIn64Bits || local == kIn64Bits) fail("is in the 64-bit form, which is not read");
  if (reader.dword(at + 20) != size) fail("has two sizes");
  if (local > directory || reader.dword(local) != kLocalMagic) fail("is not where it should be");
  const std::size_t name_size = reader.word(local + 26);
  if (reader.text(local + kLocalBytes, name_size) != name) fail("has two names");
  const std::size_t begin = local + kLocalBytes + name_size + reader.word(local + 28);
  if (begin > directory || size > directory - begin) fail("reaches into the directory");
  return {name, reader.range(begin, size)};
}

void require_disjoint(std::vector<ZipEntry> entries, const Reader& reader) {
  std::ranges::sort(entries, {}, [](const ZipEntry& entry) {
    return std::pair(entry.bytes.data(), entry.bytes.size());
  });
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const std::span<const std::byte> before = entries[i - 1].bytes;
    if (before.data() + before.size() > entries[i].bytes.data()) {
      reader.fail("entry '" + std::string(entries[i].name) + "' overlaps with another");
    }
  }
}

}  // namespace

bool ZipArchive::is_one(std::span<const std::byte> bytes) noexcept {
  std::uint32_t magic = 0;
  if (bytes.size() < sizeof(magic)) return false;
  std::memcpy(&magic, bytes.data(), sizeof(magic));
  return magic == kLocalMagic;
}

ZipArchive::ZipArchive(std::span<const std::byte> bytes, const std::string& file) {
  const Reader reader(bytes, file);
  const Directory directory = read_end(reader);
  std::size_t at = directory.offset;
  for (std::size_t i = 0; i < directory.entries; ++i) {
    if (reader.dword(at) != kCentralMagic) reader.fail("has a damaged directory");
    entries_.push_back(read_entry(reader, at, directory.offset));
    at += kCentralBytes + reader.word(at + 28) + reader.word(at + 30) + reader.word(at + 32);
  }
  if (at != directory.offset + directory.size) reader.fail("has a damaged directory");
  std::ranges::sort(entries_, {}, &ZipEntry::name);
  const auto twice = std::ranges::adjacent_find(entries_, {}, &ZipEntry::name);
  if (twice != entries_.end()) {
    reader.fail("has two entries '" + std::string(twice->name) + "'");
  }
  require_disjoint(entries_, reader);
}

const ZipEntry* ZipArchive::find(std::string_view name) const noexcept {
  const auto entry = std::ranges::lower_bound(entries_, name, {}, &ZipEntry::name);
  return entry != entries_.end() && entry->name == name ? &*entry : nullptr;
}

}  // namespace ruvector::embed
