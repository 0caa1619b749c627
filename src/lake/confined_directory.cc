#include "lake/confined_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "lake/open_beneath.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, int error) {
  throw PersistError(path, what + ": " + std::system_category().message(error));
}

bool is_regular(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

bool is_file_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name == "." || name == "..") return false;
  return std::ranges::none_of(name, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || c == '/' || c == '\\' || c == ':';
  });
}

ConfinedDirectory::ConfinedDirectory(const std::filesystem::path& path) {
  std::error_code error;
  path_ = std::filesystem::absolute(path, error).lexically_normal();
  if (path.empty() || error) throw PersistError(path, "names no directory");
  if (!path_.has_filename()) path_ = path_.parent_path();  // it ended with a slash
  std::filesystem::create_directories(path_, error);
  if (error) throw PersistError(path_, "cannot be made: " + error.message());
  open_directory();
}

base::Descriptor ConfinedDirectory::open_directory() const {
  base::Descriptor directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) fail(path_, "directory cannot be opened", errno);
  return directory;
}

base::Descriptor ConfinedDirectory::open(const std::string& name) const {
  const base::Descriptor directory = open_directory();
  base::Descriptor file(open_beneath(directory.get(), name));
  if (!file) {
    if (errno == ENOENT) return file;
    if (errno == EXDEV) throw PersistError(path_of(name), "is a link that leads out of its folder");
    fail(path_of(name), "cannot be opened", errno);
  }
  if (!is_regular(file.get())) throw PersistError(path_of(name), "is no regular file");
  return file;
}

base::AtomicFile ConfinedDirectory::replace(const std::string& name) const {
  return base::AtomicFile(open_directory().get(), name, path_of(name));
}

std::vector<std::string> ConfinedDirectory::names() const {
  base::Descriptor directory = open_directory();
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(directory.get()), ::closedir);
  if (!listing) fail(path_, "directory cannot be listed", errno);
  const int fd = directory.release();  // the listing's now
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(listing.get());
    if (entry == nullptr && errno != 0) fail(path_, "directory cannot be listed", errno);
    if (entry == nullptr) return names;
    std::string name = entry->d_name;
    if (!is_file_name(name)) continue;
    const bool unsure = entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
    if (entry->d_type != DT_REG && !unsure) continue;
    if (unsure) {
      const base::Descriptor file(open_beneath(fd, name));
      if (!file || !is_regular(file.get())) continue;
    }
    names.push_back(std::move(name));
  }
}

}  // namespace ruvector::lake
