#include "base/windows_file.h"

#include <fcntl.h>
#include <io.h>
#include <winternl.h>

#include <cerrno>
#include <cstdint>

namespace ruvector::base {
namespace {

int errno_of(DWORD error) noexcept {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
    case ERROR_INVALID_NAME:
      return ENOENT;
    case ERROR_DIRECTORY:
      return ENOTDIR;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
      return EACCES;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
      return EEXIST;
    case ERROR_TOO_MANY_OPEN_FILES:
      return EMFILE;
    case ERROR_INVALID_HANDLE:
      return EBADF;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NO_SYSTEM_RESOURCES:
      return ENOMEM;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
      return ENOSPC;
    case ERROR_FILE_TOO_LARGE:
      return EFBIG;
    case ERROR_WRITE_PROTECT:
      return EROFS;
    case ERROR_FILENAME_EXCED_RANGE:
      return ENAMETOOLONG;
    case ERROR_INVALID_PARAMETER:
      return EINVAL;
    case ERROR_INVALID_FUNCTION:
    case ERROR_NOT_SUPPORTED:
      return ENOTSUP;
    case ERROR_USER_MAPPED_FILE:
      return ETXTBSY;
    default:
      return EIO;
  }
}

}  // namespace

// The runtime ends the process for numbers that are no descriptors; negative ones are ours.
HANDLE handle_of(int fd) noexcept {
  return fd < 0 ? INVALID_HANDLE_VALUE : reinterpret_cast<HANDLE>(::_get_osfhandle(fd));
}

int descriptor_of(HANDLE handle) noexcept {
  if (handle == INVALID_HANDLE_VALUE) return fail_with_last_error();
  const int fd = ::_open_osfhandle(reinterpret_cast<std::intptr_t>(handle), _O_NOINHERIT);
  if (fd < 0) {
    ::CloseHandle(handle);
    errno = EMFILE;
  }
  return fd;
}

int fail_with(DWORD error) noexcept {
  errno = errno_of(error);
  return -1;
}

int fail_with_last_error() noexcept { return fail_with(::GetLastError()); }

std::wstring wide_name(std::string_view name) {
  if (name.empty() || name.size() > 32767) return {};
  const int size = static_cast<int>(name.size());
  std::wstring wide(name.size(), L'\0');  // at most one unit for each byte
  const int units =
      ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name.data(), size, wide.data(), size);
  wide.resize(static_cast<std::size_t>(units));
  return wide;
}

HANDLE open_in_directory(int directory, std::string_view name, const OpenHow& how) {
  std::wstring wide = wide_name(name);
  if (wide.empty()) {
    ::SetLastError(ERROR_INVALID_NAME);
    return INVALID_HANDLE_VALUE;
  }
  const auto bytes = static_cast<USHORT>(wide.size() * sizeof(wchar_t));
  UNICODE_STRING text{bytes, bytes, wide.data()};
  OBJECT_ATTRIBUTES object{};
  object.Length = sizeof(object);
  object.RootDirectory = handle_of(directory);
  object.ObjectName = &text;
  object.Attributes = OBJ_CASE_INSENSITIVE;
  object.SecurityDescriptor = how.security;
  HANDLE handle = INVALID_HANDLE_VALUE;
  IO_STATUS_BLOCK done{};
  const NTSTATUS status = ::NtCreateFile(
      &handle, how.access | SYNCHRONIZE, &object, &done, nullptr, FILE_ATTRIBUTE_NORMAL,
      how.sharing, how.disposition,
      how.options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT, nullptr, 0);
  if (status >= 0) return handle;
  ::SetLastError(::RtlNtStatusToDosError(status));
  return INVALID_HANDLE_VALUE;
}

}  // namespace ruvector::base
