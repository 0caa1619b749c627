// For builds under ThreadSanitizer only. The count of owners of a std::exception_ptr is an atomic
// within libstdc++, which is not compiled for ThreadSanitizer: it cannot see that the last owner's
// release comes after what the others read, and takes the destruction of the exception for a race
// with them. This stands in front of libstdc++'s release and makes the order seen. (A suppression
// by the function's name would need a symbolizer, which not every machine has.)
#include <dlfcn.h>

#include <exception>
#include <mutex>

namespace std::__exception_ptr {

void exception_ptr::_M_release() noexcept {
  using Release = void (*)(exception_ptr*) noexcept;
  static const auto release = reinterpret_cast<Release>(
      dlsym(RTLD_NEXT, "_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv"));
  // Recursive, because an exception may own another one.
  static std::recursive_mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  release(this);
}

}  // namespace std::__exception_ptr
