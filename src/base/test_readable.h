// Whether a descriptor that event loops wait for can be read, for tests.
#pragma once

#ifdef _WIN32
#include <winsock2.h>
#else
#include <poll.h>
#endif

namespace ruvector::base {

inline bool is_readable(int descriptor, int timeout_ms) {
#ifdef _WIN32
  WSAPOLLFD waiting{static_cast<SOCKET>(descriptor), POLLRDNORM, 0};
  return ::WSAPoll(&waiting, 1, timeout_ms) == 1 && (waiting.revents & POLLRDNORM) != 0;
#else
  pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, timeout_ms) == 1 && (waiting.revents & POLLIN) != 0;
#endif
}

}  // namespace ruvector::base
