#include "ruvector/base/fork_epoch.h"

namespace ruvector::base {

std::uint64_t fork_epoch() noexcept { return 0; }

bool run_in_forked_children(void (* /*forget*/)()) noexcept { return true; }

}  // namespace ruvector::base
