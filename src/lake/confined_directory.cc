#include "lake/confined_directory.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/directory_files.h"
#include "base/file_status.h"
#include "base/path_text.h"
#include "lake/open_beneath.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what, int error) {
  throw PersistError(path, what + ": " + std::generic_category().message(error));
}

bool is_regular(int fd) {
  const auto status = base::status_of(fd);
  return status && status->kind == base::FileKind::regular;
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
  base::Descriptor directory(base::open_directory(path_));
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
  const base::Descriptor directory = open_directory();
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = base::path_text(entry->path().filename());
    if (!is_file_name(name)) continue;
    std::error_code gone;
    if (entry->is_symlink(gone)) {
      const base::Descriptor file(open_beneath(directory.get(), name));
      if (!file || !is_regular(file.get())) continue;
    } else if (!entry->is_regular_file(gone)) {
      continue;
    }
    names.push_back(std::move(name));
  }
  if (error) throw PersistError(path_, "directory cannot be listed: " + error.message());
  return names;
}

}  // namespace ruvector::lake
