// Writes a file so that its path holds the old content or the whole new content, never a part.
// The bytes go to a temporary file in the same directory, which commit() makes durable and renames.
// A symbolic link is followed: its target is replaced. An existing file keeps its permission bits,
// on Windows its access list, where it is not replaced while a program has it open or mapped and
// the file system does not let go of names. Not thread-safe: one thread at a time. Each error is a
// PersistError with the system's reason; the temporary file is then gone and the object can only be
// destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/mapped_file.h"

namespace ruvector::base {

class AtomicFile {
 public:
  // Opens the temporary file. `path` need not exist; its directory must.
  explicit AtomicFile(const std::filesystem::path& path);
  // The same for `name` in the directory that is open as `directory_fd`, which is not kept. Refuses
  // a symbolic link. `path` is for messages.
  AtomicFile(int directory_fd, std::string name, std::filesystem::path path);

  // Removes the temporary file unless commit() was reached.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Writes at the end. Unbuffered: hand over large pieces.
  void append(const void* data, std::size_t size);

  // Overwrites bytes written before, such as a header whose checksums are known last. Throws
  // std::invalid_argument when they reach beyond size().
  void patch(std::uint64_t offset, const void* data, std::size_t size);

  // Bytes appended so far.
  std::uint64_t size() const noexcept { return size_; }

  // What was appended so far, mapped. It stays so, also when the file is renamed, replaced or given
  // up; bytes that are patched later change in it.
  std::shared_ptr<const MappedFile> map() const;

  // Makes the bytes durable, renames the file to its path and makes the rename durable. To be
  // called once. When only the last step fails the new content is in place and the message says so.
  void commit();

 private:
  void open_temporary();
  void create_temporary();
  void write(std::uint64_t offset, const void* data, std::size_t size);
  void require_open() const;
  void discard() noexcept;
  [[noreturn]] void fail(const std::string& what, int error);

  std::filesystem::path path_;  // as given, for messages
  std::string name_;            // final name within directory_
  std::string temporary_name_;
  Descriptor directory_;
  Descriptor file_;
  int creator_ = 0;  // process id: a forked child must not remove its parent's file
  std::uint64_t size_ = 0;
};

// A new name beside `path`, of the kind that AtomicFile gives its temporary files: for a file that
// is written whole before its final name is known.
std::filesystem::path temporary_path(const std::filesystem::path& path);

// Whether `path` is named like a temporary file of AtomicFile whose process no longer runs on this
// machine. A directory shared with other machines or containers can make it wrong: ask a person.
bool is_stale_temporary(const std::filesystem::path& path);

}  // namespace ruvector::base
