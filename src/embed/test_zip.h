// Zip archives for tests, right or wrong in a given way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruvector::embed {

struct TestZipEntry {
  std::string name;
  std::string bytes;
  std::uint32_t method = 0;
  std::uint32_t flags = 0;
  std::string local_name = {};       // `name` when empty
  std::uint32_t stored_size = ~0u;   // in the directory; that of `bytes` when ~0
  std::uint32_t local_offset = ~0u;  // in the directory; the true one when ~0
};

inline std::string zip_word(std::size_t value) {
  return {static_cast<char>(value & 0xff), static_cast<char>(value >> 8 & 0xff)};
}
inline std::string zip_dword(std::size_t value) {
  return zip_word(value & 0xffff) + zip_word(value >> 16);
}

// Checksums and times are left 0: nobody looks at them. The extra field is as torch has one, to
// align what follows.
inline std::string zip_local_record(const TestZipEntry& entry) {
  const std::string& name = entry.local_name.empty() ? entry.name : entry.local_name;
  const std::string padding = "FB" + zip_word(3) + "ZZZ";
  return "PK\3\4" + zip_word(20) + zip_word(entry.flags) + zip_word(entry.method) + zip_dword(0) +
         zip_dword(0) + zip_dword(entry.bytes.size()) + zip_dword(entry.bytes.size()) +
         zip_word(name.size()) + zip_word(padding.size()) + name + padding + entry.bytes;
}

inline std::string zip_directory_record(const TestZipEntry& entry, std::size_t offset) {
  const std::size_t size = entry.stored_size == ~0u ? entry.bytes.size() : entry.stored_size;
  const std::size_t local = entry.local_offset == ~0u ? offset : entry.local_offset;
  return "PK\1\2" + zip_word(20) + zip_word(20) + zip_word(entry.flags) + zip_word(entry.method) +
         zip_dword(0) + zip_dword(0) + zip_dword(size) + zip_dword(size) +
         zip_word(entry.name.size()) + zip_word(0) + zip_word(0) + zip_word(0) + zip_word(0) +
         zip_dword(0) + zip_dword(local) + entry.name;
}

inline std::string zip_of(const std::vector<TestZipEntry>& entries) {
  std::string bytes;
  std::string directory;
  for (const TestZipEntry& entry : entries) {
    directory += zip_directory_record(entry, bytes.size());
    bytes += zip_local_record(entry);
  }
  const std::size_t at = bytes.size();
  return bytes + directory + "PK\5\6" + zip_word(0) + zip_word(0) + zip_word(entries.size()) +
         zip_word(entries.size()) + zip_dword(directory.size()) + zip_dword(at) + zip_word(0);
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace ruvector::embed
