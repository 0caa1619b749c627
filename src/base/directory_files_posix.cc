#include "base/directory_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/descriptor.h"

namespace ruvector::base {

bool can_name_a_file(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

int open_directory(const std::filesystem::path& path) noexcept {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

std::optional<FileKind> kind_in(int directory, const std::string& name) {
  struct stat status{};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (S_ISREG(status.st_mode)) return FileKind::regular;
  if (S_ISDIR(status.st_mode)) return FileKind::directory;
  return S_ISLNK(status.st_mode) ? FileKind::link : FileKind::other;
}

int create_in(int directory, const std::string& name, const std::string& old) {
  struct stat status{};
  const bool exists = ::fstatat(directory, old.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (!exists && errno != ENOENT) return -1;
  // An existing file's bits are set exactly below; until then nobody else may read the new one.
  Descriptor file;
  do {
    file = Descriptor(::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                               exists ? 0600 : 0666));
  } while (!file && errno == EINTR);
  if (file && exists && ::fchmod(file.get(), status.st_mode & 0777) != 0) {
    const int error = errno;
    ::unlinkat(directory, name.c_str(), 0);
    errno = error;
    return -1;
  }
  return file.release();
}

int rename_in(int directory, const std::string& from, const std::string& to) {
  return ::renameat(directory, from.c_str(), directory, to.c_str());
}

int remove_in(int directory, const std::string& name) noexcept {
  return ::unlinkat(directory, name.c_str(), 0);
}

}  // namespace ruvector::base
