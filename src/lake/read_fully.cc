#include "lake/read_fully.h"

#include <cerrno>
#include <string>
#include <system_error>

#include "base/positioned_io.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {

void read_fully(int fd, std::uint64_t offset, std::span<std::byte> out,
                const std::filesystem::path& path) {
  while (!out.empty()) {
    const std::ptrdiff_t got = base::read_at(fd, out.data(), out.size(), offset);
    if (got < 0) {
      throw PersistError(path, "read of " + std::to_string(out.size()) + " bytes at offset " +
                                   std::to_string(offset) +
                                   " failed: " + std::generic_category().message(errno));
    }
    if (got == 0) {
      throw PersistError(
          path, "ends at byte " + std::to_string(offset) + ": it became shorter while it was read");
    }
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

}  // namespace ruvector::lake
