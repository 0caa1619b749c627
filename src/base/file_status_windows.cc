#include "base/file_status.h"

#include <cstring>

#include "base/windows_file.h"

namespace ruvector::base {
namespace {

// From units of 100 ns since 1601.
std::int64_t nanoseconds(const LARGE_INTEGER& time) noexcept {
  constexpr std::int64_t kEpoch = 116'444'736'000'000'000;
  return (time.QuadPart - kEpoch) * 100;
}

template <class T>
bool ask(HANDLE handle, FILE_INFO_BY_HANDLE_CLASS what, T& answer) noexcept {
  return ::GetFileInformationByHandleEx(handle, what, &answer, sizeof(answer)) != 0;
}

// A name surrogate stands for another file, as symbolic links and junctions do.
FileKind kind_of(HANDLE handle, const FILE_BASIC_INFO& basic) noexcept {
  FILE_ATTRIBUTE_TAG_INFO tag{};
  const bool reparsed = (basic.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
  if (reparsed && ask(handle, FileAttributeTagInfo, tag) &&
      IsReparseTagNameSurrogate(tag.ReparseTag)) {
    return FileKind::link;
  }
  const bool directory = (basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
  return directory ? FileKind::directory : FileKind::regular;
}

// File systems without long ids have the short ones.
bool identify(HANDLE handle, FileStatus& status) noexcept {
  FILE_ID_INFO id{};
  if (ask(handle, FileIdInfo, id)) {
    status.device = id.VolumeSerialNumber;
    std::memcpy(&status.inode, id.FileId.Identifier, sizeof(status.inode));
    std::memcpy(&status.inode_high, id.FileId.Identifier + sizeof(status.inode),
                sizeof(status.inode_high));
    return true;
  }
  BY_HANDLE_FILE_INFORMATION old{};
  if (::GetFileInformationByHandle(handle, &old) == 0) return false;
  status.device = old.dwVolumeSerialNumber;
  status.inode = (std::uint64_t{old.nFileIndexHigh} << 32U) | old.nFileIndexLow;
  return true;
}

}  // namespace

std::optional<FileStatus> status_of(int fd) noexcept {
  const HANDLE handle = handle_of(fd);
  FileStatus status;
  if (handle != INVALID_HANDLE_VALUE && ::GetFileType(handle) != FILE_TYPE_DISK) return status;
  FILE_BASIC_INFO basic{};
  FILE_STANDARD_INFO standard{};
  if (!ask(handle, FileBasicInfo, basic) || !ask(handle, FileStandardInfo, standard) ||
      !identify(handle, status)) {
    fail_with_last_error();
    return std::nullopt;
  }
  status.kind = kind_of(handle, basic);
  status.size = static_cast<std::uint64_t>(standard.EndOfFile.QuadPart);
  status.modified_ns = nanoseconds(basic.LastWriteTime);
  status.changed_ns = nanoseconds(basic.ChangeTime);
  return status;
}

}  // namespace ruvector::base
