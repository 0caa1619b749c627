#include "base/unnamed_file.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/open_unnamed.h"
#include "base/positioned_io.h"
#include "ruvector/base/errors.h"

namespace ruvector::base {
namespace {

[[noreturn]] void fail(const std::filesystem::path& directory, const std::string& what, int error) {
  throw PersistError(directory,
                     "temporary file " + what + ": " + std::generic_category().message(error));
}

// Where a file has to have a name, it goes with its last descriptor, which must not be before that
// of the mapping.
struct MappedUnnamed {
  std::shared_ptr<const Descriptor> file;
  std::shared_ptr<const MappedFile> mapped;
};

}  // namespace

UnnamedFile::UnnamedFile(std::filesystem::path directory) : directory_(std::move(directory)) {
  file_ = std::make_shared<const Descriptor>(open_unnamed(directory_));
  if (!*file_) fail(directory_, "cannot be created here", errno);
}

void UnnamedFile::append(const void* data, std::size_t size) {
  write_at(size_, data, size);
  size_ += size;
}

void UnnamedFile::patch(std::uint64_t offset, const void* data, std::size_t size) {
  write_at(offset, data, size);
}

void UnnamedFile::write_at(std::uint64_t offset, const void* data, std::size_t size) {
  if (write_all_at(file_->get(), data, size, offset) == 0) return;
  fail(directory_, "cannot be written at offset " + std::to_string(offset), errno);
}

std::shared_ptr<const MappedFile> UnnamedFile::map() const {
  auto both = std::make_shared<MappedUnnamed>(
      MappedUnnamed{file_, MappedFile::map(file_->get(), directory_)});
  const MappedFile* const mapped = both->mapped.get();
  return {std::move(both), mapped};
}

}  // namespace ruvector::base
