// A file without a name: it takes room in a directory's file system and is gone when nobody uses it
// any more, even if the process is killed. Nothing is synced. Windows wants a name: a hidden one of
// this process, as long as it is used.
// Not thread-safe: one thread at a time. Each error is a PersistError with the system's reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/descriptor.h"
#include "base/mapped_file.h"

namespace ruvector::base {

class UnnamedFile {
 public:
  // `directory` must exist.
  explicit UnnamedFile(std::filesystem::path directory);
  ~UnnamedFile() = default;
  UnnamedFile(const UnnamedFile&) = delete;
  UnnamedFile& operator=(const UnnamedFile&) = delete;

  // Writes at the end. Unbuffered: hand over large pieces.
  void append(const void* data, std::size_t size);

  // Overwrites bytes written before; `offset` + `size` must not be above size().
  void patch(std::uint64_t offset, const void* data, std::size_t size);

  // Bytes appended so far.
  std::uint64_t size() const noexcept { return size_; }

  // What was written so far, which must not change afterwards. The mapping outlives this object.
  std::shared_ptr<const MappedFile> map() const;

 private:
  void write_at(std::uint64_t offset, const void* data, std::size_t size);

  std::filesystem::path directory_;  // for messages
  std::shared_ptr<const Descriptor> file_;
  std::uint64_t size_ = 0;
};

}  // namespace ruvector::base
