// Where the files of models may lie: in our cache, and in those of other libraries.
// Thread-safe while nobody changes the environment.
#pragma once

#include <filesystem>
#include <vector>

#include "ruvector/embed/model.h"

namespace ruvector::embed {

// Paths in the caches of Hugging Face and torch where the file would lie, likeliest first. Blobs of
// Hugging Face are named by their SHA-256, so a file is found there under any revision.
std::vector<std::filesystem::path> places_in_other_caches(const Model& model,
                                                          const ModelFile& file);

// HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else
// HOME/.cache/huggingface/hub.
std::filesystem::path hub_cache_directory();

}  // namespace ruvector::embed
