#include "embed/image_encoder.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "base/parallel.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector::embed {
namespace {

constexpr std::size_t kColors = 3;
constexpr float kLeastLength = 1e-12f;

// Scales to length 1.
void normalise(std::span<float> vector) {
  float sums[2];
  kernels::active().sums(vector.data(), vector.size(), sums);
  const float factor = 1.0f / std::max(std::sqrt(sums[1]), kLeastLength);
  for (float& value : vector) value *= factor;
}

}  // namespace

ImageEncoder::ImageEncoder(std::span<const Tensor> tensors, const ImageRecipe& recipe)
    : network_(tensors), recipe_(recipe) {
  if (recipe.crop == 0 || recipe.crop > recipe.resize || recipe.resize > kMaxImageSide) {
    throw EmbedError("image recipe: crop " + std::to_string(recipe.crop) +
                     " must be from 1 to resize, " + std::to_string(recipe.resize) +
                     ", and that at most " + std::to_string(kMaxImageSide));
  }
  for (std::size_t color = 0; color < kColors; ++color) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const float share = static_cast<float>(byte) / 255.0f;
      normalised_[color][byte] = (share - recipe.mean[color]) / recipe.deviation[color];
    }
  }
}

void ImageEncoder::embed(std::span<const ImageView> images, std::size_t threads,
                         const Progress& progress, std::span<float> out) const {
  for (std::size_t i = 0; i < images.size(); ++i) {
    check_image(images[i], images.size() == 1 ? "image" : "images: item " + std::to_string(i));
  }
  if (threads == 0) threads = num_threads();
  if (images.size() >= threads) {
    std::vector<std::optional<Loan>> loans(threads);
    const auto body = [&](std::size_t i, std::size_t worker) {
      if (!loans[worker]) loans[worker].emplace(scratch_);
      Crew alone;
      embed_one(images[i], alone, **loans[worker], out.subspan(i * kDim, kDim));
    };
    base::parallel_for(images.size(), threads, body, progress);
    return;
  }
  // Too few to go round: the threads share each picture.
  const Loan loan(scratch_);
  for (std::size_t i = 0; i < images.size(); ++i) {
    Crew::run(threads,
              [&](Crew& crew) { embed_one(images[i], crew, *loan, out.subspan(i * kDim, kDim)); });
    if (progress) progress(i + 1, images.size());
  }
}

void ImageEncoder::embed_one(const ImageView& image, Crew& crew, Scratch& scratch,
                             std::span<float> out) const {
  const std::size_t side = recipe_.crop;
  const std::size_t pixels = side * side;
  scratch.pixels.resize(pixels * kColors);
  scratch.picture.resize(pixels * kColors);
  resize_image(image, middle_window(image, recipe_.resize, side), scratch.resize, scratch.pixels);
  const std::uint8_t* byte = scratch.pixels.data();
  float* value = scratch.picture.data();
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t color = 0; color < kColors; ++color) {
      *value++ = normalised_[color][*byte++];
    }
  }
  network_.forward(kernels::active(), scratch.picture, side, crew, scratch.network, out);
  normalise(out);
}

}  // namespace ruvector::embed
