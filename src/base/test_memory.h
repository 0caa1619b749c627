// How much memory the process has had at once, for tests.
#pragma once

#include <cstddef>

#ifdef _WIN32
#include <windows.h>
// After windows.h, which it does not include.
#include <psapi.h>
#else
#include <sys/resource.h>
#endif

namespace ruvector::base {

inline std::size_t peak_resident_bytes() {
#ifdef _WIN32
  PROCESS_MEMORY_COUNTERS counters{};
  ::K32GetProcessMemoryInfo(::GetCurrentProcess(), &counters, sizeof(counters));
  return counters.PeakWorkingSetSize;
#else
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return static_cast<std::size_t>(usage.ru_maxrss);
#else
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
#endif
#endif
}

}  // namespace ruvector::base
