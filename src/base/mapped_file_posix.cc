#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/mapped_file.h"
#include "base/open_file.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, int error) {
  throw PersistError(path, what + ": " + std::system_category().message(error));
}

// Of whole pages, as the kernel wants them.
void advise(std::span<const std::byte> bytes, int advice) noexcept {
  if (bytes.empty()) return;
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t past = reinterpret_cast<std::uintptr_t>(bytes.data()) % page;
  ::madvise(const_cast<std::byte*>(bytes.data() - past), bytes.size() + past, advice);
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const Descriptor file(open_for_reading(path));
  if (!file) fail(path, "cannot be opened for reading", errno);
  return map(file.get(), path);
}

std::shared_ptr<const MappedFile> MappedFile::map(int fd, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) fail(path, "cannot be examined", errno);
  if (S_ISDIR(status.st_mode)) throw PersistError(path, "is a directory, not a file");
  if (!S_ISREG(status.st_mode)) throw PersistError(path, "is not a regular file");
  const std::size_t size = static_cast<std::size_t>(status.st_size);
  void* data = nullptr;
  if (size != 0) {
    data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
      fail(path, "cannot be mapped (" + std::to_string(size) + " bytes)", errno);
    }
  }
  try {
    return std::shared_ptr<const MappedFile>(
        new MappedFile(path, static_cast<const std::byte*>(data), size));
  } catch (...) {
    if (data != nullptr) ::munmap(data, size);
    throw;
  }
}

MappedFile::MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size) noexcept
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void advise_random(std::span<const std::byte> bytes) noexcept { advise(bytes, MADV_RANDOM); }

void advise_normal(std::span<const std::byte> bytes) noexcept { advise(bytes, MADV_NORMAL); }

}  // namespace ruvector::base
