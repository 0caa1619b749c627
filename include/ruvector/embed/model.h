// The models that are known by name, and where their files lie.
// Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ruvector/embed/recipe.h"

namespace ruvector {

// A file whose bytes are known beforehand.
struct ModelFile {
  std::string name;  // within the repository, and in the cache
  std::uint64_t size;
  std::string sha256;    // 64 lowercase hexadecimal digits
  std::string url = {};  // where it comes from when that is no Hugging Face repository
};

struct Model {
  std::string name;
  std::vector<std::string> aliases;  // other names that mean it
  std::string repository;            // on the Hugging Face hub, "" when it is not from there
  std::string revision;              // immutable: a commit, or the digest of the only file
  std::string licence;               // SPDX
  std::vector<ModelFile> files;
  Recipe recipe;

  // SHA-256 over the recipe and the files' digests, 64 hexadecimal digits: two encoders with the
  // same digest give vectors that may be compared. Precision is not part of it.
  std::string recipe_digest() const;
};

// All of them, sorted by name.
std::span<const Model> known_models();

// The one of that name or alias, null when there is none.
const Model* find_model(std::string_view name);

// RUVECTOR_CACHE, else XDG_CACHE_HOME/ruvector, else HOME/.cache/ruvector; not made here.
std::filesystem::path cache_directory();

// cache_directory()/models/<name>/<revision>: where a model's files lie once they are pulled.
std::filesystem::path model_directory(const Model& model);

enum class Verification {
  remembered,  // a file is hashed once; a note of its size, times and inode saves it later
  anew,        // it is hashed now
};

// A file of a model with its pinned bytes: in model_directory(), else in the cache of Hugging Face
// or of torch. None when it is in no such place. Never uses the network. Throws
// ModelDigestMismatch for other bytes in model_directory(), which are then removed; elsewhere other
// bytes are passed over and left alone.
std::optional<std::filesystem::path> find_model_file(
    const Model& model, const ModelFile& file,
    Verification verification = Verification::remembered);

// All of them, in the order of Model::files. Throws ModelNotFound, which lists the missing ones
// and where they may be put, and ModelDigestMismatch.
std::vector<std::filesystem::path> find_model_files(
    const Model& model, Verification verification = Verification::remembered);

}  // namespace ruvector
