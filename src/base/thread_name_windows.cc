#include <string>

#include "base/thread_name.h"
#include "base/windows_file.h"

namespace ruvector::base {

void name_this_thread(const char* name) noexcept try {
  ::SetThreadDescription(::GetCurrentThread(), wide_name(name).c_str());
} catch (const std::bad_alloc&) {
  return;  // it goes without
}

}  // namespace ruvector::base
