// MobileNetV3-Small (Howard and others, "Searching for MobileNetV3", 2019) as torchvision builds
// it, up to the mean of its last feature maps.
//
// Thread-safe: nothing changes after it is made; scratch space belongs to one call at a time. What
// comes out depends on the picture and the weights alone, bit for bit: not on the number of threads
// or the level of the kernels.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "embed/crew.h"
#include "embed/feature_map.h"
#include "embed/inverted_residual.h"
#include "embed/linear.h"
#include "embed/tensor.h"

namespace ruvector::embed {

class MobileNetV3 {
 public:
  static constexpr std::size_t kDim = 576;

  struct Scratch {
    std::vector<float> patches;  // for each member what the first layer sees of a row
    FeatureBuffer maps[2];       // in turn input and output of a block
    BlockScratch block;
  };

  // From the tensors of torchvision's mobilenet_v3_small, by their names there; those of the
  // classifier need not exist. Throws EmbedError for tensors that are missing, of another shape or
  // not finite.
  explicit MobileNetV3(std::span<const Tensor> tensors);

  // `picture` is side * side pixels of three floats; `out` has kDim floats.
  void forward(const kernels::KernelTable& kernels, std::span<const float> picture,
               std::size_t side, Crew& crew, Scratch& scratch, std::span<float> out) const;

  std::size_t memory_bytes() const noexcept;  // of the weights

 private:
  void first_layer(const kernels::KernelTable& kernels, const float* picture, std::size_t side,
                   Crew& crew, std::vector<float>& patches, const FeatureMap& out) const;

  std::unique_ptr<const Linear> first_;  // 3x3 over patches of (kernel, kernel, channels)
  std::vector<InvertedResidual> blocks_;
  std::unique_ptr<const Linear> last_;
};

}  // namespace ruvector::embed
