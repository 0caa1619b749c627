// Remembers which files were hashed with which outcome, so that a start does not hash 90 MB again.
//
// A note lies in cache_directory()/models/.verified, named by the digest: size, inode and times of
// the files that were found to have it. Whoever may write there may deceive the reader, and may
// replace the models themselves as well: this guards against accidents, not against attackers.
//
// Thread-safe, also against other processes.
#pragma once

#include <filesystem>
#include <string>

#include "ruvector/embed/model.h"

namespace ruvector::embed {

// SHA-256 of a file's bytes, 64 hexadecimal digits. Throws EmbedError when it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

// Whether the file at `path`, which may be a symbolic link, has the pinned size and digest; false
// when there is no regular file. Throws EmbedError when it cannot be read.
bool has_pinned_bytes(const std::filesystem::path& path, const ModelFile& file,
                      Verification verification);

}  // namespace ruvector::embed
