// The files in a zip archive whose contents are stored as they are, as torch writes it.
// Thread-safe: nothing changes after it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruvector::embed {

struct ZipEntry {
  std::string_view name;
  std::span<const std::byte> bytes;
};

class ZipArchive {
 public:
  // Whether the bytes begin as an archive does.
  static bool is_one(std::span<const std::byte> bytes) noexcept;

  // Reads the central directory; the bytes must outlive this. Every entry is checked: it is stored,
  // lies within the archive, overlaps with no other, and has the same name in both places; names
  // are unique. Checksums are not looked at. Throws EmbedError, which begins with `file`, also for
  // compressed or encrypted entries, several disks and the 64-bit form.
  ZipArchive(std::span<const std::byte> bytes, const std::string& file);

  // Sorted by name.
  std::span<const ZipEntry> entries() const noexcept { return entries_; }

  // Null when there is none of that name.
  const ZipEntry* find(std::string_view name) const noexcept;

 private:
  std::vector<ZipEntry> entries_;
};

}  // namespace ruvector::embed
