#include "base/unnamed_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/open_unnamed.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

constexpr std::size_t kWriteLimit = std::size_t{1} << 30U;  // systems write 2 GiB at most

[[noreturn]] void fail(const std::filesystem::path& directory, const std::string& what, int error) {
  throw PersistError(directory,
                     "temporary file " + what + ": " + std::system_category().message(error));
}

}  // namespace

UnnamedFile::UnnamedFile(std::filesystem::path directory) : directory_(std::move(directory)) {
  fd_ = open_unnamed(directory_);
  if (fd_ < 0) fail(directory_, "cannot be created here", errno);
}

UnnamedFile::~UnnamedFile() { ::close(fd_); }

void UnnamedFile::append(const void* data, std::size_t size) {
  write_at(size_, data, size);
  size_ += size;
}

void UnnamedFile::patch(std::uint64_t offset, const void* data, std::size_t size) {
  write_at(offset, data, size);
}

void UnnamedFile::write_at(std::uint64_t offset, const void* data, std::size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written =
        ::pwrite(fd_, next, std::min(size, kWriteLimit), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(directory_, "cannot be written at offset " + std::to_string(offset), errno);
    }
    next += written;
    offset += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
}

std::shared_ptr<const MappedFile> UnnamedFile::map() const {
  return MappedFile::map(fd_, directory_);
}

}  // namespace ruvector::base
