// Reads .rbpx files of version 1: little-endian "rbpx0001", u32 version 1, u32 dim, u64 seed,
// u32 rerank factor, u32 n, then n times u32 id and dim float32.
// Thread-safe: a function of its arguments.
#pragma once

#include <filesystem>
#include <span>

#include "index/state.h"

namespace ruvector::index {

// Encodes the rows anew, as a RabitqPlusIndex under l2 with the file's seed and rerank factor; a
// factor of 0 leaves the choice to the error bound. `path` is for messages. Throws PersistError.
State read_state_v1(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace ruvector::index
