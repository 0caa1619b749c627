#include "net/threads_gone.h"

namespace ruvector::net {

bool threads_are_gone() noexcept { return false; }

}  // namespace ruvector::net
