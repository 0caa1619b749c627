#include <array>
#include <string>

#include "base/temporary_folder.h"
#include "base/windows_file.h"

namespace ruvector::base {

std::filesystem::path temporary_folder() {
  std::array<wchar_t, MAX_PATH + 1> path;
  const DWORD size = ::GetTempPathW(static_cast<DWORD>(path.size()), path.data());
  return size < path.size() ? std::wstring(path.data(), size) : std::wstring();
}

}  // namespace ruvector::base
