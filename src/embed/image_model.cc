#include "embed/image_model.h"

#include "base/mapped_file.h"
#include "base/path_text.h"
#include "embed/torch_archive.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {

bool are_of_images(const Safetensors& weights) {
  return weights.find("features.0.0.weight") != nullptr;
}

std::unique_ptr<const ImageEncoder> load_image_encoder(const std::filesystem::path& weights,
                                                       const ImageRecipe& recipe) {
  try {
    const auto file = base::MappedFile::open(weights);
    const std::string name = base::path_text(weights);
    if (TorchArchive::is_one(file->bytes())) {
      const TorchArchive archive = TorchArchive::parse(file->bytes(), file, name);
      return std::make_unique<const ImageEncoder>(archive.tensors(), recipe);
    }
    const Safetensors tensors = Safetensors::parse(file->bytes(), file, name);
    return std::make_unique<const ImageEncoder>(tensors.tensors(), recipe);
  } catch (const PersistError& error) {
    throw EmbedError(error.what());
  }
}

}  // namespace ruvector::embed
