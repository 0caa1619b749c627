#include "base/thread_name.h"

namespace ruvector::base {

void name_this_thread(const char*) noexcept {}

}  // namespace ruvector::base
