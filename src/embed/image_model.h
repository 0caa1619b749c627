// Loads models of images from their files.
// Thread-safe: functions of their arguments and of the files.
#pragma once

#include <filesystem>
#include <memory>

#include "embed/image_encoder.h"
#include "embed/safetensors.h"
#include "ruvector/embed/recipe.h"

namespace ruvector::embed {

// Whether these are weights of torchvision's mobilenet_v3_small: by the name of its first layer.
bool are_of_images(const Safetensors& weights);

// From a file of torch.save() or a safetensors file, told apart by their first bytes. Throws
// EmbedError.
std::unique_ptr<const ImageEncoder> load_image_encoder(const std::filesystem::path& weights,
                                                       const ImageRecipe& recipe);

}  // namespace ruvector::embed
