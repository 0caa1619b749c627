// Pictures to vectors, by MobileNetV3-Small.
//
// Thread-safe: only scratch space changes after it is made, under a lock. A vector depends on its
// picture, the weights and the recipe alone, bit for bit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "embed/crew.h"
#include "embed/image_resize.h"
#include "embed/mobilenet_v3.h"
#include "embed/scratch_pool.h"
#include "embed/tensor.h"
#include "ruvector/base/progress.h"
#include "ruvector/embed/image.h"
#include "ruvector/embed/recipe.h"

namespace ruvector::embed {

class ImageEncoder {
 public:
  // Throws EmbedError for tensors that are not those of the network, and for a recipe whose crop is
  // larger than the resized picture.
  ImageEncoder(std::span<const Tensor> tensors, const ImageRecipe& recipe);

  static constexpr std::size_t kDim = MobileNetV3::kDim;

  // `out` has images.size() * kDim floats, a row of length 1 for each picture. `threads` 0 means
  // num_threads(). `progress` may be empty. Throws std::invalid_argument for an image without
  // pixels or above the limits, before any work is done.
  void embed(std::span<const ImageView> images, std::size_t threads, const Progress& progress,
             std::span<float> out) const;

  std::size_t memory_bytes() const noexcept { return network_.memory_bytes(); }

 private:
  struct Scratch {
    ResizeScratch resize;
    std::vector<std::uint8_t> pixels;
    std::vector<float> picture;
    MobileNetV3::Scratch network;
  };
  using Loan = ScratchPool<Scratch>::Loan;

  void embed_one(const ImageView& image, Crew& crew, Scratch& scratch, std::span<float> out) const;

  MobileNetV3 network_;
  ImageRecipe recipe_;
  std::array<std::array<float, 256>, 3> normalised_;  // what a byte of each color becomes
  mutable ScratchPool<Scratch> scratch_;
};

}  // namespace ruvector::embed
