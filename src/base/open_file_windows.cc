#include "base/open_file.h"
#include "base/windows_file.h"

namespace ruvector::base {

int open_for_reading(const std::filesystem::path& path) noexcept {
  // With these semantics a directory opens, too, and who opened it says that it is one.
  return descriptor_of(::CreateFileW(path.c_str(), GENERIC_READ, kShareAll, nullptr, OPEN_EXISTING,
                                     FILE_FLAG_BACKUP_SEMANTICS, nullptr));
}

}  // namespace ruvector::base
