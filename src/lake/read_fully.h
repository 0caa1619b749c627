// Reads from a file that others may truncate at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace ruvector::lake {

// Fills `out` with the bytes from `offset` on. Throws PersistError with the system's reason, and
// when the file ends before. Thread-safe.
void read_fully(int fd, std::uint64_t offset, std::span<std::byte> out,
                const std::filesystem::path& path);

}  // namespace ruvector::lake
