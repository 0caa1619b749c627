#include <windows.h>
// After the types that it is made of.
#include <bcrypt.h>

#include <algorithm>
#include <system_error>

#include "a2a/random_bytes.h"

namespace ruvector::a2a {

void fill_random(std::span<std::byte> bytes) {
  constexpr std::size_t kMost = std::size_t{1} << 30;  // the system counts in 32 bits
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kMost);
    const NTSTATUS status =
        ::BCryptGenRandom(nullptr, reinterpret_cast<PUCHAR>(bytes.data()),
                          static_cast<ULONG>(count), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    if (status != 0) {
      throw std::system_error(static_cast<int>(status), std::generic_category(), "BCryptGenRandom");
    }
    bytes = bytes.subspan(count);
  }
}

}  // namespace ruvector::a2a
