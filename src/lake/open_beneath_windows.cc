#include <cerrno>

#include "base/descriptor.h"
#include "base/windows_file.h"
#include "lake/open_beneath.h"

namespace ruvector::lake {

// No link is followed, nor anything else that stands for what lies elsewhere.
int open_beneath(int directory, const std::string& name) {
  const HANDLE handle =
      base::open_in_directory(directory, name, {GENERIC_READ, base::kOpenExisting, 0});
  base::Descriptor file(base::descriptor_of(handle));
  FILE_ATTRIBUTE_TAG_INFO found{};
  if (!file) return -1;
  if (::GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &found, sizeof(found)) == 0) {
    return base::fail_with_last_error();
  }
  if ((found.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0) return file.release();
  errno = EXDEV;
  return -1;
}

}  // namespace ruvector::lake
