#include "base/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/directory_files.h"
#include "base/durable.h"
#include "base/path_text.h"
#include "base/positioned_io.h"
#include "base/process.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

constexpr std::string_view kSuffix = ".ruvector-tmp";
constexpr std::size_t kNameLimit = 255;  // bytes in one path component
constexpr int kLinkLimit = 40;           // as the kernel's

std::string reason(const std::string& what, int error) {
  return what + ": " + std::generic_category().message(error);
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

// The beginning of a text in at most `limit` bytes, no character of UTF-8 cut.
std::string_view beginning(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

// ".<name>.<process id>-<counter>-<random><suffix>", the name cut so that the whole fits.
std::string make_temporary_name(const std::string& name, int process) {
  static std::atomic<unsigned> counter{0};
  std::random_device device;
  const std::string tail = "." + std::to_string(process) + "-" + std::to_string(counter++) + "-" +
                           std::to_string(device()) + std::string(kSuffix);
  return "." + std::string(beginning(name, kNameLimit - 1 - tail.size())) + tail;
}

// The process id in a temporary name; none when it is not such a name.
std::optional<int> process_of(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const std::size_t dot = name.rfind('.');
  const std::size_t dash = name.find('-', dot);
  if (dot == 0 || dash == std::string_view::npos) return std::nullopt;
  int process = 0;
  const char* const end = name.data() + dash;
  const auto parsed = std::from_chars(name.data() + dot + 1, end, process);
  if (parsed.ec != std::errc() || parsed.ptr != end || process <= 0) return std::nullopt;
  return process;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(path), creator_(this_process()) {
  const std::filesystem::path target = resolve_links(path);
  name_ = path_text(target.filename());
  const std::filesystem::path parent = target.has_parent_path() ? target.parent_path() : ".";
  directory_ = Descriptor(open_directory(parent));
  if (!directory_) fail("directory " + path_text(parent) + " cannot be opened", errno);
  open_temporary();
}

AtomicFile::AtomicFile(int directory_fd, std::string name, std::filesystem::path path)
    : path_(std::move(path)), name_(std::move(name)), creator_(this_process()) {
  directory_ = Descriptor(duplicate_descriptor(directory_fd));
  if (!directory_) fail("its directory cannot be used", errno);
  open_temporary();
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::open_temporary() {
  try {
    if (!can_name_a_file(name_)) throw PersistError(path_, "names no file");
    create_temporary();
  } catch (...) {
    discard();
    throw;
  }
}

void AtomicFile::create_temporary() {
  const std::optional<FileKind> old = kind_in(directory_.get(), name_);
  if (!old && errno != ENOENT) fail("cannot be examined", errno);
  if (old && *old != FileKind::regular) throw PersistError(path_, "exists and is no regular file");
  do {
    temporary_name_ = make_temporary_name(name_, creator_);
    file_ = Descriptor(create_in(directory_.get(), temporary_name_, name_));
  } while (!file_ && errno == EEXIST);
  if (file_) return;
  const int error = errno;
  temporary_name_.clear();
  fail("temporary file beside it cannot be created", error);
}

void AtomicFile::append(const void* data, std::size_t size) {
  write(size_, data, size);
  size_ += size;
}

void AtomicFile::patch(std::uint64_t offset, const void* data, std::size_t size) {
  if (offset > size_ || size > size_ - offset) {
    throw std::invalid_argument("atomic file: patch of " + std::to_string(size) +
                                " bytes at offset " + std::to_string(offset) +
                                " reaches beyond the " + std::to_string(size_) + " bytes written");
  }
  write(offset, data, size);
}

std::shared_ptr<const MappedFile> AtomicFile::map() const {
  require_open();
  return MappedFile::map(file_.get(), path_);
}

void AtomicFile::write(std::uint64_t offset, const void* data, std::size_t size) {
  require_open();
  if (write_all_at(file_.get(), data, size, offset) == 0) return;
  const int error = errno;
  fail(
      "write of " + std::to_string(size) + " bytes at offset " + std::to_string(offset) + " failed",
      error);
}

void AtomicFile::require_open() const {
  if (!file_) throw PersistError(path_, "was already committed or given up after an error");
}

void AtomicFile::commit() {
  require_open();
  if (make_durable(file_.get()) != 0) fail("cannot be made durable", errno);
  if (close_descriptor(file_.release()) != 0) fail("cannot be closed", errno);
  if (rename_in(directory_.get(), temporary_name_, name_) != 0) {
    if (errno != ETXTBSY) fail("cannot be replaced", errno);
    discard();
    throw PersistError(path_, "may not be replaced, or a program has it open or mapped");
  }
  temporary_name_.clear();
  // EINVAL: a file system whose directories need no fsync.
  const bool is_durable = make_durable(directory_.get()) == 0 || errno == EINVAL;
  if (!is_durable) fail("is written, but its directory entry may not survive a power cut", errno);
}

void AtomicFile::discard() noexcept {
  file_ = Descriptor();
  if (!temporary_name_.empty() && creator_ == this_process()) {
    remove_in(directory_.get(), temporary_name_);
  }
  temporary_name_.clear();
  directory_ = Descriptor();
}

void AtomicFile::fail(const std::string& what, int error) {
  discard();
  throw PersistError(path_, reason(what, error));
}

std::filesystem::path temporary_path(const std::filesystem::path& path) {
  return path.parent_path() /
         path_of_text(make_temporary_name(path_text(path.filename()), this_process()));
}

bool is_stale_temporary(const std::filesystem::path& path) {
  const std::string name = path_text(path.filename());
  const std::optional<int> process = process_of(name);
  return process && !is_running(*process);
}

}  // namespace ruvector::base
