// An .rbpx file of version 2 as named sections: knows where bytes lie, not what they mean.
// Thread-safe: const after construction. The bytes must outlive it; they need no alignment.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <sstream>
#include <vector>

#include "index/rbpx_layout.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {

// Throws a PersistError whose reason is all `parts`, one after the other.
template <class... Parts>
[[noreturn]] void refuse_file(const std::filesystem::path& path, const Parts&... parts) {
  std::ostringstream reason;
  (reason << ... << parts);
  throw PersistError(path, reason.str());
}

const char* section_name(std::uint32_t type);

class Image {
 public:
  // Checks the header, its checksum and the section table. `path` is for messages. Throws
  // PersistError.
  Image(std::filesystem::path path, std::span<const std::byte> bytes);

  const std::filesystem::path& path() const noexcept { return path_; }
  std::uint32_t kind() const noexcept { return header_.kind; }

  // The section of a type, or null.
  const SectionEntry* find(SectionType type) const noexcept;
  std::span<const std::byte> bytes(const SectionEntry& section) const noexcept;

  // Throws PersistError when the section's bytes do not match its checksum.
  void verify(const SectionEntry& section) const;
  // All sections, and that the bytes between them are zero.
  void verify_all() const;

 private:
  void read_header();
  void read_table();
  void check_section(const SectionEntry& section, std::size_t index, std::uint64_t free_from) const;

  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
  FileHeader header_{};
  std::vector<SectionEntry> sections_;
};

}  // namespace ruvector::index
