// What the files for Windows share: its handles behind descriptors, its errors as errno, its names.
// Thread-safe.
#pragma once

#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace ruvector::base {

// Others may read, write, rename, replace and remove what we have open, as on POSIX.
inline constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

// The handle that the descriptor holds; INVALID_HANDLE_VALUE of a negative one.
HANDLE handle_of(int fd) noexcept;

// A descriptor that holds `handle` from now on; -1 with errno, and the handle is closed, when it is
// INVALID_HANDLE_VALUE (errno from GetLastError()) or there are too many descriptors.
int descriptor_of(HANDLE handle) noexcept;

// Sets errno to what comes closest to the system's error. -1.
int fail_with(DWORD error) noexcept;
int fail_with_last_error() noexcept;

// Of a name in UTF-8; empty when it is none.
std::wstring wide_name(std::string_view name);

// How a file of an open directory is opened; as NtCreateFile() has them.
struct OpenHow {
  ACCESS_MASK access = 0;
  ULONG disposition = 0;
  ULONG options = 0;
  DWORD sharing = kShareAll;
  void* security = nullptr;  // a security descriptor for a new file
};

inline constexpr ULONG kOpenExisting = 1;  // a disposition: FILE_OPEN

// Opens `name` of the directory, whatever else Win32 would make of it; a link is not followed.
// INVALID_HANDLE_VALUE, with GetLastError().
HANDLE open_in_directory(int directory, std::string_view name, const OpenHow& how);

}  // namespace ruvector::base
