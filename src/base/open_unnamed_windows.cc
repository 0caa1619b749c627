#include <random>
#include <string>

#include "base/open_unnamed.h"
#include "base/windows_file.h"

namespace ruvector::base {

// It has a name as long as it is used, and goes with its last handle: MappedFile keeps one.
int open_unnamed(const std::filesystem::path& directory) {
  std::random_device random;
  HANDLE handle = INVALID_HANDLE_VALUE;
  do {
    const std::string name =
        ".ruvector-" + std::to_string(random()) + "-" + std::to_string(random());
    handle = ::CreateFileW(
        (directory / name).c_str(), GENERIC_READ | GENERIC_WRITE | DELETE, kShareAll, nullptr,
        CREATE_NEW, FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_HIDDEN | FILE_FLAG_DELETE_ON_CLOSE,
        nullptr);
  } while (handle == INVALID_HANDLE_VALUE && ::GetLastError() == ERROR_FILE_EXISTS);
  return descriptor_of(handle);
}

}  // namespace ruvector::base
