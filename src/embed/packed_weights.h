// Files of packed weights: what a start maps instead of packing again.
// docs/formats/packed_weights.md
//
// The layouts are the same on every instruction set, so a file serves them all. Such a file is a
// cache: whatever is wrong with one, the weights are packed anew.
// Thread-safe: functions of their arguments and of the file system.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "embed/parts.h"

namespace ruvector::embed {

// Raise it when the same weights are packed into other bytes.
inline constexpr std::uint32_t kPackedVersion = 1;

// What the weights were packed from and how, as a digest.
using PackedKey = base::Digest;

// cache_directory()/packed/<name>-<the key's first 16 digits>.weights
std::filesystem::path packed_path(std::string_view name, const PackedKey& key);

// The parts in the file, which is mapped; none when there is no file of that key, or its bytes are
// not those that were written.
std::optional<PartReader> read_packed(const std::filesystem::path& path, const PackedKey& key);

// Writes the parts, so that `path` holds the old file or the whole new one; makes its directory.
// Throws PersistError.
void write_packed(const std::filesystem::path& path, const PackedKey& key, const Parts& parts);

}  // namespace ruvector::embed
