#include <pthread.h>

#include "base/thread_name.h"

namespace ruvector::base {

void name_this_thread(const char* name) noexcept { ::pthread_setname_np(name); }

}  // namespace ruvector::base
