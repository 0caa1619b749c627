#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/file_status.h"
#include "base/mapped_file.h"
#include "base/open_file.h"
#include "base/windows_file.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, int error) {
  throw PersistError(path, what + ": " + std::generic_category().message(error));
}

// The first `size` bytes of the file; null with errno.
void* view_of(int fd, std::size_t size) noexcept {
  const auto high = static_cast<DWORD>(size >> 32U);
  const auto low = static_cast<DWORD>(size & 0xffffffffU);
  const HANDLE section =
      ::CreateFileMappingW(handle_of(fd), nullptr, PAGE_READONLY, high, low, nullptr);
  void* view = section == nullptr ? nullptr : ::MapViewOfFile(section, FILE_MAP_READ, 0, 0, size);
  if (view == nullptr) fail_with_last_error();
  if (section != nullptr) ::CloseHandle(section);
  return view;
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const Descriptor file(open_for_reading(path));
  if (!file) fail(path, "cannot be opened for reading", errno);
  return map(file.get(), path);
}

std::shared_ptr<const MappedFile> MappedFile::map(int fd, const std::filesystem::path& path) {
  const auto status = status_of(fd);
  if (!status) fail(path, "cannot be examined", errno);
  if (status->kind == FileKind::directory) throw PersistError(path, "is a directory, not a file");
  if (status->kind != FileKind::regular) throw PersistError(path, "is not a regular file");
  const auto size = static_cast<std::size_t>(status->size);
  void* const data = size == 0 ? nullptr : view_of(fd, size);
  if (size != 0 && data == nullptr) {
    fail(path, "cannot be mapped (" + std::to_string(size) + " bytes)", errno);
  }
  try {
    return std::shared_ptr<const MappedFile>(
        new MappedFile(path, static_cast<const std::byte*>(data), size));
  } catch (...) {
    if (data != nullptr) ::UnmapViewOfFile(data);
    throw;
  }
}

MappedFile::MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size) noexcept
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::UnmapViewOfFile(data_);
}

// Windows takes such hints when a file is opened, for all of it.
void advise_random(std::span<const std::byte> /*bytes*/) noexcept {}

void advise_normal(std::span<const std::byte> /*bytes*/) noexcept {}

}  // namespace ruvector::base
