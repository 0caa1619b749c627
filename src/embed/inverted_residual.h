// The block of MobileNetV3: widen (1x1), filter each channel (depthwise), weigh the channels
// (squeeze and excite), narrow (1x1), and add the input where the shape allows.
// Thread-safe: nothing changes after it is made; scratch space belongs to one call at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "embed/crew.h"
#include "embed/feature_map.h"
#include "embed/linear.h"
#include "embed/tensor.h"
#include "kernels/encoder_kernels.h"
#include "kernels/kernels.h"

namespace ruvector::embed {

inline constexpr double kBatchNormEpsilon = 1e-3;  // torchvision's for MobileNetV3

struct BlockShape {
  std::size_t kernel;
  std::size_t inputs;
  std::size_t expanded;  // no widening when the same as inputs
  std::size_t outputs;
  std::size_t squeezed;  // 0: the channels are not weighed
  kernels::Activation activation;
  std::size_t step;
};

struct BlockScratch {
  FeatureBuffer widened;
  FeatureBuffer filtered;
  FeatureBuffer weights;  // of the channels
};

// Of the packed weights.
std::size_t memory_bytes(const Linear& layer) noexcept;

// Applies a layer to each pixel; `out` has as many pixels.
void apply_to_pixels(const Linear& layer, const kernels::KernelTable& kernels,
                     const FeatureMap& input, const FeatureMap& out, Crew& crew);

// The mean of each channel over all pixels, added up from the first to the last.
void mean_of_pixels(const FeatureMap& map, float* means) noexcept;

class InvertedResidual {
 public:
  // Reads `prefix`.0 and so on as torchvision names them. Throws EmbedError.
  InvertedResidual(std::span<const Tensor> tensors, const std::string& prefix,
                   const BlockShape& shape);

  std::size_t outputs() const noexcept { return shape_.outputs; }
  std::size_t step() const noexcept { return shape_.step; }
  std::size_t memory_bytes() const noexcept;  // of the weights

  // `out` has (height - 1) / step + 1 rows, columns likewise, and is another buffer than `input`.
  void forward(const kernels::KernelTable& kernels, const FeatureMap& input, const FeatureMap& out,
               BlockScratch& scratch, Crew& crew) const;

 private:
  // Multiplies each channel of `map` by its weight, which depends on the channels' means.
  void weigh_channels(const kernels::KernelTable& kernels, const FeatureMap& map,
                      FeatureBuffer& buffer) const;

  BlockShape shape_;
  std::unique_ptr<const Linear> widen_;  // null when there is none, and so on
  std::vector<float> filter_;            // (kernel * kernel, expanded)
  std::vector<float> filter_bias_;
  std::unique_ptr<const Linear> squeeze_;
  std::unique_ptr<const Linear> excite_;
  std::unique_ptr<const Linear> narrow_;
};

}  // namespace ruvector::embed
