#include "base/process.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace ruvector::base {

int this_process() noexcept { return ::getpid(); }

bool is_running(int process) noexcept { return ::kill(process, 0) == 0 || errno != ESRCH; }

}  // namespace ruvector::base
