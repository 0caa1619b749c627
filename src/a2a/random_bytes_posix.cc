#include <sys/random.h>  // getentropy() on macOS; others have it in unistd.h
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "a2a/random_bytes.h"

namespace ruvector::a2a {

void fill_random(std::span<std::byte> bytes) {
  constexpr std::size_t kMost = 256;  // that getentropy() gives at once
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kMost);
    if (::getentropy(bytes.data(), count) != 0) {
      throw std::system_error(errno, std::generic_category(), "getentropy");
    }
    bytes = bytes.subspan(count);
  }
}

}  // namespace ruvector::a2a
