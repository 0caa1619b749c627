#include "base/directory_files.h"

#include <winternl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <vector>

#include "base/descriptor.h"
#include "base/windows_file.h"

namespace ruvector::base {
namespace {

// Of FILE_RENAME_INFORMATION, and the classes of information, which not all headers have.
constexpr ULONG kReplaceIfExists = 0x1;
constexpr ULONG kPosixSemantics = 0x2;  // what is open or mapped goes on living without a name
constexpr ULONG kIgnoreReadOnly = 0x40;
constexpr int kRename = 10;
constexpr int kRenameEx = 65;

// Win32 calls devices so in every directory, whatever follows a dot.
bool is_device(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (stem.ends_with(' ')) stem.pop_back();
  for (char& c : stem) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  constexpr std::array<std::string_view, 6> kDevices = {"CON", "PRN",    "AUX",
                                                        "NUL", "CONIN$", "CONOUT$"};
  if (std::ranges::find(kDevices, stem) != kDevices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) &&
         stem[3] >= '0' && stem[3] <= '9';
}

bool is_unusual(char c) {
  return static_cast<unsigned char>(c) < 0x20 ||
         std::string_view("<>:\"/\\|?*").find(c) != std::string_view::npos;
}

// The access list of a file, to give it to another; empty where it cannot be read.
std::vector<std::byte> access_list_of(HANDLE file) {
  DWORD size = 0;
  ::GetKernelObjectSecurity(file, DACL_SECURITY_INFORMATION, nullptr, 0, &size);
  std::vector<std::byte> descriptor(size);
  if (size == 0 || ::GetKernelObjectSecurity(file, DACL_SECURITY_INFORMATION, descriptor.data(),
                                             size, &size) == 0) {
    return {};
  }
  return descriptor;
}

NTSTATUS rename(HANDLE file, int directory, const std::wstring& to, int how, ULONG flags) {
  struct Header {
    ULONG flags;
    HANDLE directory;
    ULONG name_bytes;
    WCHAR name[1];
  };
  const std::size_t name_bytes = to.size() * sizeof(wchar_t);
  std::vector<std::byte> request(sizeof(Header) + name_bytes);
  const Header header{flags, handle_of(directory), static_cast<ULONG>(name_bytes), {}};
  std::memcpy(request.data(), &header, offsetof(Header, name));
  std::memcpy(request.data() + offsetof(Header, name), to.data(), name_bytes);
  IO_STATUS_BLOCK done{};
  return ::NtSetInformationFile(file, &done, request.data(), static_cast<ULONG>(request.size()),
                                std::bit_cast<FILE_INFORMATION_CLASS>(how));
}

// By POSIX semantics, as Windows 10 1709 and newer has them on NTFS; else by those before, which
// replace a file that nobody uses in one step, too.
NTSTATUS replace(HANDLE file, int directory, const std::wstring& to) {
  const NTSTATUS status =
      rename(file, directory, to, kRenameEx, kReplaceIfExists | kPosixSemantics | kIgnoreReadOnly);
  const DWORD error = status < 0 ? ::RtlNtStatusToDosError(status) : ERROR_SUCCESS;
  const bool unknown = error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_FUNCTION ||
                       error == ERROR_NOT_SUPPORTED || error == ERROR_CALL_NOT_IMPLEMENTED;
  return unknown ? rename(file, directory, to, kRename, kReplaceIfExists) : status;
}

}  // namespace

bool can_name_a_file(std::string_view name) {
  return !name.empty() && std::ranges::none_of(name, is_unusual) && !name.ends_with('.') &&
         !name.ends_with(' ') && !is_device(name);
}

int open_directory(const std::filesystem::path& path) noexcept {
  const auto open = [&](DWORD access) {
    return ::CreateFileW(path.c_str(), access, kShareAll, nullptr, OPEN_EXISTING,
                         FILE_FLAG_BACKUP_SEMANTICS, nullptr);
  };
  constexpr DWORD kRead = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_READ_ATTRIBUTES;
  HANDLE handle = open(kRead | FILE_ADD_FILE);  // so that it can be flushed
  if (handle == INVALID_HANDLE_VALUE && ::GetLastError() == ERROR_ACCESS_DENIED) {
    handle = open(kRead);
  }
  Descriptor opened(descriptor_of(handle));
  const auto status = opened ? status_of(opened.get()) : std::nullopt;
  if (!status) return -1;
  return status->kind == FileKind::directory ? opened.release() : fail_with(ERROR_DIRECTORY);
}

std::optional<FileKind> kind_in(int directory, const std::string& name) {
  const Descriptor file(
      descriptor_of(open_in_directory(directory, name, {FILE_READ_ATTRIBUTES, FILE_OPEN, 0})));
  const auto status = file ? status_of(file.get()) : std::nullopt;
  if (!status) return std::nullopt;
  return status->kind;
}

int create_in(int directory, const std::string& name, const std::string& old) {
  std::vector<std::byte> access_list;
  const HANDLE before = open_in_directory(directory, old, {READ_CONTROL, FILE_OPEN, 0});
  if (before == INVALID_HANDLE_VALUE && ::GetLastError() != ERROR_FILE_NOT_FOUND) {
    return fail_with_last_error();
  }
  if (before != INVALID_HANDLE_VALUE) {
    access_list = access_list_of(before);
    ::CloseHandle(before);
  }
  OpenHow how{GENERIC_READ | GENERIC_WRITE | DELETE, FILE_CREATE, FILE_NON_DIRECTORY_FILE};
  how.security = access_list.empty() ? nullptr : access_list.data();
  return descriptor_of(open_in_directory(directory, name, how));
}

int rename_in(int directory, const std::string& from, const std::string& to) {
  const std::wstring name = wide_name(to);
  if (name.empty()) return fail_with(ERROR_INVALID_NAME);
  const HANDLE file = open_in_directory(directory, from, {DELETE | GENERIC_WRITE, FILE_OPEN, 0});
  if (file == INVALID_HANDLE_VALUE) return fail_with_last_error();
  const NTSTATUS status = replace(file, directory, name);
  // The file system's log is written up to the new name.
  const bool flushed = status < 0 || ::FlushFileBuffers(file) != 0;
  const DWORD error = flushed ? ERROR_SUCCESS : ::GetLastError();
  ::CloseHandle(file);
  if (!flushed) return fail_with(error);
  if (status >= 0) return 0;
  fail_with(::RtlNtStatusToDosError(status));
  if (errno == EACCES && kind_in(directory, to)) errno = ETXTBSY;
  return -1;
}

int remove_in(int directory, const std::string& name) noexcept try {
  const HANDLE file = open_in_directory(directory, name, {DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE});
  if (file == INVALID_HANDLE_VALUE) return fail_with_last_error();
  ::CloseHandle(file);
  return 0;
} catch (const std::bad_alloc&) {
  errno = ENOMEM;
  return -1;
}

}  // namespace ruvector::base
