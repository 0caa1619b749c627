// A whole file mapped for reading.
// Thread-safe: the object never changes. The mapping lives as long as the object; the file must not
// be truncated or changed in place meanwhile (replacing it by a rename is fine).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace ruvector::base {

class MappedFile {
 public:
  // Throws PersistError with the system's reason when `path` cannot be opened or is no regular
  // file.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  // The same of an open file, which may be closed afterwards; `path` is for messages.
  static std::shared_ptr<const MappedFile> map(int fd, const std::filesystem::path& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Aligned to a page. Null for an empty file.
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size) noexcept;

  std::filesystem::path path_;
  const std::byte* data_;
  std::size_t size_;
};

// Hints for the kernel about bytes of a mapped file, or any others; they change speed only.
// Bytes that are read here and there: what is not in memory is fetched page by page.
void advise_random(std::span<const std::byte> bytes) noexcept;
// The opposite, and how it is at first: what follows is fetched along.
void advise_normal(std::span<const std::byte> bytes) noexcept;

}  // namespace ruvector::base
