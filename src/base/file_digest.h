// The digest of a large file, computed on all threads: docs/formats/file_digest.md.
// Thread-safe: functions of their arguments, but the bytes must not change meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/digest.h"

namespace ruvector::base {

inline constexpr std::size_t kDigestLeafBytes = std::size_t{1} << 20;

// SHA-256 over a label, the number of bytes and the SHA-256 of each MiB. The same for every number
// of threads. `max_threads` 0 means num_threads(). `bytes` may be a mapped file.
Digest file_digest(std::span<const std::byte> bytes, std::size_t max_threads = 0);

// The same of `size` bytes that `read` fills in, piece by piece and on several threads at once.
using ReadPiece = std::function<void(std::uint64_t offset, std::span<std::byte> piece)>;
Digest file_digest(std::uint64_t size, const ReadPiece& read, std::size_t max_threads = 0);

}  // namespace ruvector::base
