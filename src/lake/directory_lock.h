// Lets writers of one directory take turns, in this process and others.
// Held as long as the object lives, and no longer than its process. Use it from one thread.
#pragma once

#include <filesystem>

namespace ruvector::lake {

class DirectoryLock {
 public:
  static constexpr const char* kFileName = ".ruvector-lock";

  // Waits for its turn. The lock is on a file of the directory, which stays there: removing it
  // would let two writers in. Throws PersistError.
  explicit DirectoryLock(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  // False on a file system that has no locks: others may be writing.
  bool exclusive() const noexcept { return exclusive_; }

 private:
  int fd_ = -1;
  bool exclusive_ = false;
};

}  // namespace ruvector::lake
