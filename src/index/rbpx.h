// The file format of all indexes, .rbpx (docs/formats/rbpx.md): version 2 is a memory image, mapped
// on load; version 1 holds ids and rows and is encoded anew.
// Thread-safe: functions of their arguments.
// Nothing that a file says is believed before it is checked; every complaint is a PersistError.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "index/state.h"
#include "ruvector/index/index.h"

namespace ruvector::index {

void save_rbpx(const State& state, const std::filesystem::path& path);
// The same state on a file without a name in `directory`, mapped.
State spilled(const State& state, const std::filesystem::path& directory);
std::vector<std::byte> serialize_rbpx(const State& state);

// `kind` is what the caller wants; a file of another kind is refused.
State load_rbpx(const std::filesystem::path& path, Kind kind, const LoadParams& params);
// From bytes that serialize_rbpx made; they are copied, and all checksums verified.
State deserialize_rbpx(std::span<const std::byte> bytes, Kind kind);

// Version 1: little-endian "rbpx0001", u32 version 1, u32 dim, u64 seed, u32 rerank factor, u32 n,
// then n times u32 id and dim float32.
void save_rbpx_v1(const State& state, const std::filesystem::path& path);

}  // namespace ruvector::index
