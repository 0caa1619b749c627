// The files of one directory by their names, and no others: a name cannot lead elsewhere, and
// neither can a symbolic link, not even one that takes a file's place at the last moment.
// Thread-safe. The directory is found anew by its path at each call.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"
#include "base/descriptor.h"
#include "base/path_text.h"

namespace ruvector::lake {

// Whether `name` is 1..255 bytes without control characters, '/', '\' and ':', and not "." or "..".
bool is_file_name(std::string_view name);

class ConfinedDirectory {
 public:
  // Makes the directory. Throws PersistError.
  explicit ConfinedDirectory(const std::filesystem::path& path);

  // Of `name`, absolute.
  std::filesystem::path path_of(const std::string& name) const {
    return path_ / base::path_of_text(name);
  }
  // Absolute.
  const std::filesystem::path& path() const { return path_; }

  // A regular file for reading; none when it is not there. Throws PersistError when it is something
  // else, leads out of the directory or cannot be opened.
  base::Descriptor open(const std::string& name) const;
  // To replace or make a file. Throws PersistError, also for a symbolic link.
  base::AtomicFile replace(const std::string& name) const;
  // Names of all regular files that open() would open. Throws PersistError.
  std::vector<std::string> names() const;

 private:
  base::Descriptor open_directory() const;

  std::filesystem::path path_;
};

}  // namespace ruvector::lake
