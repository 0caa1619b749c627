#include "net/threads_gone.h"

extern "C" unsigned char __stdcall RtlDllShutdownInProgress();

namespace ruvector::net {

// Windows ends all other threads before it tells libraries that the process ends.
bool threads_are_gone() noexcept { return RtlDllShutdownInProgress() != 0; }

}  // namespace ruvector::net
