#include "lake/confined_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <optional>
#include <system_error>

#include "ruvector/base/errors.h"

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

namespace ruvector::lake {
namespace {

constexpr std::size_t kMaxNameBytes = 255;
// Non-blocking, so that a pipe in a file's place is refused instead of waited for.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kMaxLinks = 40;  // as the kernel's
constexpr int kMaxRaces = 100;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, int error) {
  throw PersistError(path, what + ": " + std::system_category().message(error));
}

// Negative with errno, as openat().
int open_beneath([[maybe_unused]] int directory, [[maybe_unused]] const char* name) {
#ifdef RESOLVE_BENEATH
  open_how how{};
  how.flags = static_cast<unsigned>(kReadFlags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed meanwhile, and the kernel is not sure that it stayed inside.
  for (int race = 0; race < kMaxRaces; ++race) {
    const long fd = ::syscall(SYS_openat2, directory, name, &how, sizeof(how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
#else
  errno = ENOSYS;
#endif
  return -1;
}

// The target of a link in the directory; none of what is no link.
std::optional<std::string> link_target(int directory, const std::string& name) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

int open_file(int directory, const std::string& name) {
  const int fd = open_beneath(directory, name.c_str());
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL)) return fd;
  return open_without_openat2(directory, name);
}

bool is_regular(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

int open_without_openat2(int directory, std::string name) {
  for (int links = 0; links <= kMaxLinks; ++links) {
    const int fd = ::openat(directory, name.c_str(), kReadFlags | O_NOFOLLOW);
    if (fd >= 0 || errno != ELOOP) return fd;
    const std::optional<std::string> target = link_target(directory, name);
    if (!target) continue;  // it was replaced meanwhile
    if (!is_file_name(*target)) {
      errno = EXDEV;
      return -1;
    }
    name = *target;
  }
  errno = ELOOP;
  return -1;
}

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

Descriptor ConfinedDirectory::open_directory() const {
  Descriptor directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) fail(path_, "directory cannot be opened", errno);
  return directory;
}

Descriptor ConfinedDirectory::open(const std::string& name) const {
  const Descriptor directory = open_directory();
  Descriptor file(open_file(directory.get(), name));
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
  Descriptor directory = open_directory();
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
      const Descriptor file(open_file(fd, name));
      if (!file || !is_regular(file.get())) continue;
    }
    names.push_back(std::move(name));
  }
}

}  // namespace ruvector::lake
