#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/durable.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

constexpr std::string_view kSuffix = ".ruvector-tmp";
constexpr std::size_t kNameLimit = 255;                      // bytes in one path component
constexpr std::size_t kWriteLimit = std::size_t{256} << 20;  // below what one write() takes
constexpr int kLinkLimit = 40;                               // as the kernel's

std::string reason(const std::string& what, int error) {
  return what + ": " + std::system_category().message(error);
}

// Where the bytes must go in the end: `path` with the symbolic links of its last part followed,
// also to a target that does not exist yet.
std::filesystem::path resolve_links(const std::filesystem::path& path) {
  std::filesystem::path target = path;
  for (int links = 0; links <= kLinkLimit; ++links) {
    std::error_code error;
    if (!std::filesystem::is_symlink(target, error)) return target;
    const std::filesystem::path next = std::filesystem::read_symlink(target, error);
    if (error) throw PersistError(path, "symbolic link cannot be read: " + error.message());
    target = target.parent_path() / next;
  }
  throw PersistError(path, "more than " + std::to_string(kLinkLimit) + " symbolic links");
}

// ".<name>.<process id>-<counter>-<random><suffix>", the name cut so that the whole fits.
std::string make_temporary_name(const std::string& name, int process) {
  static std::atomic<unsigned> counter{0};
  std::random_device device;
  const std::string tail = "." + std::to_string(process) + "-" + std::to_string(counter++) + "-" +
                           std::to_string(device()) + std::string(kSuffix);
  return "." + name.substr(0, kNameLimit - 1 - tail.size()) + tail;
}

// The process id in a temporary name; none when it is not such a name.
std::optional<pid_t> process_of(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const std::size_t dot = name.rfind('.');
  const std::size_t dash = name.find('-', dot);
  if (dot == 0 || dash == std::string_view::npos) return std::nullopt;
  pid_t process = 0;
  const char* const end = name.data() + dash;
  const auto parsed = std::from_chars(name.data() + dot + 1, end, process);
  if (parsed.ec != std::errc() || parsed.ptr != end || process <= 0) return std::nullopt;
  return process;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(path), creator_(::getpid()) {
  const std::filesystem::path target = resolve_links(path);
  name_ = target.filename().string();
  const std::filesystem::path parent = target.has_parent_path() ? target.parent_path() : ".";
  directory_fd_ = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory_fd_ < 0) fail("directory " + parent.string() + " cannot be opened", errno);
  open_temporary();
}

AtomicFile::AtomicFile(int directory_fd, std::string name, std::filesystem::path path)
    : path_(std::move(path)), name_(std::move(name)), creator_(::getpid()) {
  directory_fd_ = ::fcntl(directory_fd, F_DUPFD_CLOEXEC, 0);
  if (directory_fd_ < 0) fail("its directory cannot be used", errno);
  open_temporary();
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::open_temporary() {
  try {
    if (name_.empty() || name_ == "." || name_ == ".." || name_.find('/') != std::string::npos) {
      throw PersistError(path_, "names no file");
    }
    create_temporary();
  } catch (...) {
    discard();
    throw;
  }
}

void AtomicFile::create_temporary() {
  struct stat old{};
  const bool exists = ::fstatat(directory_fd_, name_.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  if (!exists && errno != ENOENT) fail("cannot be examined", errno);
  if (exists && !S_ISREG(old.st_mode)) throw PersistError(path_, "exists and is no regular file");
  const mode_t mode = exists ? old.st_mode & 0777 : 0666;
  do {
    temporary_name_ = make_temporary_name(name_, creator_);
    // An existing file's bits are set exactly below; until then nobody else may read the new one.
    fd_ = ::openat(directory_fd_, temporary_name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                   exists ? 0600 : mode);
  } while (fd_ < 0 && (errno == EEXIST || errno == EINTR));
  if (fd_ < 0) {
    const int error = errno;
    temporary_name_.clear();
    fail("temporary file beside it cannot be created", error);
  }
  if (exists && ::fchmod(fd_, mode) != 0) fail("permissions cannot be kept", errno);
}

void AtomicFile::append(const void* data, std::size_t size) {
  write_at(size_, data, size);
  size_ += size;
}

void AtomicFile::patch(std::uint64_t offset, const void* data, std::size_t size) {
  if (offset > size_ || size > size_ - offset) {
    throw std::invalid_argument("atomic file: patch of " + std::to_string(size) +
                                " bytes at offset " + std::to_string(offset) +
                                " reaches beyond the " + std::to_string(size_) + " bytes written");
  }
  write_at(offset, data, size);
}

std::shared_ptr<const MappedFile> AtomicFile::map() const {
  require_open();
  return MappedFile::map(fd_, path_);
}

void AtomicFile::write_at(std::uint64_t offset, const void* data, std::size_t size) {
  require_open();
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written =
        ::pwrite(fd_, next, std::min(size, kWriteLimit), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      fail("write of " + std::to_string(size) + " bytes at offset " + std::to_string(offset) +
               " failed",
           errno);
    }
    next += written;
    offset += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::require_open() const {
  if (fd_ < 0) throw PersistError(path_, "was already committed or given up after an error");
}

void AtomicFile::commit() {
  require_open();
  if (make_durable(fd_) != 0) fail("cannot be made durable", errno);
  const int fd = std::exchange(fd_, -1);
  // Linux frees the descriptor even when close() reports EINTR.
  if (::close(fd) != 0 && errno != EINTR) fail("cannot be closed", errno);
  if (::renameat(directory_fd_, temporary_name_.c_str(), directory_fd_, name_.c_str()) != 0) {
    fail("cannot be replaced", errno);
  }
  temporary_name_.clear();
  // EINVAL: a file system whose directories need no fsync.
  const bool is_durable = make_durable(directory_fd_) == 0 || errno == EINVAL;
  if (!is_durable) fail("is written, but its directory entry may not survive a power cut", errno);
}

void AtomicFile::discard() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (!temporary_name_.empty() && creator_ == ::getpid()) {
    ::unlinkat(directory_fd_, temporary_name_.c_str(), 0);
  }
  temporary_name_.clear();
  if (directory_fd_ >= 0) ::close(std::exchange(directory_fd_, -1));
}

void AtomicFile::fail(const std::string& what, int error) {
  discard();
  throw PersistError(path_, reason(what, error));
}

std::filesystem::path temporary_path(const std::filesystem::path& path) {
  return path.parent_path() / make_temporary_name(path.filename().string(), ::getpid());
}

bool is_stale_temporary(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::optional<pid_t> process = process_of(name);
  return process && ::kill(*process, 0) != 0 && errno == ESRCH;
}

}  // namespace ruvector::base
