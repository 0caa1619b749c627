#include "base/process.h"

#include "base/windows_file.h"

namespace ruvector::base {

int this_process() noexcept { return static_cast<int>(::GetCurrentProcessId()); }

// One that has ended is there as long as somebody holds a handle of it.
bool is_running(int process) noexcept {
  const HANDLE handle = ::OpenProcess(SYNCHRONIZE, FALSE, static_cast<DWORD>(process));
  if (handle == nullptr) return ::GetLastError() != ERROR_INVALID_PARAMETER;
  const bool running = ::WaitForSingleObject(handle, 0) == WAIT_TIMEOUT;
  ::CloseHandle(handle);
  return running;
}

}  // namespace ruvector::base
