#include "embed/mobilenet_v3.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "embed/folded_convolution.h"

namespace ruvector::embed {

using kernels::Activation;

namespace {

constexpr std::size_t kColors = 3;
constexpr std::size_t kKernel = 3;  // of the first layer, which takes every second pixel
constexpr std::size_t kPatch = kKernel * kKernel * kColors;
constexpr std::size_t kFirstChannels = 16;

constexpr Activation kRelu = Activation::relu;
constexpr Activation kSwish = Activation::hard_swish;

// Table 2 of the paper.
constexpr std::array<BlockShape, 11> kBlocks = {{
    {3, 16, 16, 16, 8, kRelu, 2},
    {3, 16, 72, 24, 0, kRelu, 2},
    {3, 24, 88, 24, 0, kRelu, 1},
    {5, 24, 96, 40, 24, kSwish, 2},
    {5, 40, 240, 40, 64, kSwish, 1},
    {5, 40, 240, 40, 64, kSwish, 1},
    {5, 40, 120, 48, 32, kSwish, 1},
    {5, 48, 144, 48, 40, kSwish, 1},
    {5, 48, 288, 96, 72, kSwish, 2},
    {5, 96, 576, 96, 144, kSwish, 1},
    {5, 96, 576, 96, 144, kSwish, 1},
}};

std::size_t halved(std::size_t extent, std::size_t step) { return (extent - 1) / step + 1; }

// Torch keeps (output, color, row, column); patches are (row, column, color).
std::vector<float> by_patch(const std::vector<float>& weights) {
  std::vector<float> result(weights.size());
  for (std::size_t output = 0; output < kFirstChannels; ++output) {
    for (std::size_t color = 0; color < kColors; ++color) {
      for (std::size_t tap = 0; tap < kKernel * kKernel; ++tap) {
        result[output * kPatch + tap * kColors + color] =
            weights[output * kPatch + color * kKernel * kKernel + tap];
      }
    }
  }
  return result;
}

// One row of the patches around every second pixel of picture row `row`, null beyond the border;
// what lies beyond is zero. `patches` points to this row of the first patch.
void gather_row(const float* row, std::size_t side, float* patches) {
  constexpr std::size_t kRow = kKernel * kColors;
  const std::size_t columns = halved(side, 2);
  if (row == nullptr) {
    for (std::size_t x = 0; x < columns; ++x) std::fill_n(patches + x * kPatch, kRow, 0.0f);
    return;
  }
  // A pixel to the left of the picture, and one to the right when the side is odd.
  std::fill_n(patches, kColors, 0.0f);
  std::copy_n(row, std::min<std::size_t>(side, 2) * kColors, patches + kColors);
  const std::size_t whole = std::max<std::size_t>(side / 2, 1);
  for (std::size_t x = 1; x < whole; ++x) {
    std::memcpy(patches + x * kPatch, row + (2 * x - 1) * kColors, kRow * sizeof(float));
  }
  if (side % 2 == 0) return;
  float* last = patches + (columns - 1) * kPatch;
  if (side > 1) std::copy_n(row + (side - 2) * kColors, 2 * kColors, last);
  std::fill_n(last + 2 * kColors, kColors, 0.0f);
}

// The patches around every second pixel of row 2 * y.
void gather_patches(const float* picture, std::size_t side, std::size_t y, float* patches) {
  for (std::size_t dy = 0; dy < kKernel; ++dy) {
    const std::size_t row = 2 * y + dy - 1;  // wraps around above the picture
    gather_row(row < side ? picture + row * side * kColors : nullptr, side,
               patches + dy * kKernel * kColors);
  }
}

}  // namespace

MobileNetV3::MobileNetV3(std::span<const Tensor> tensors) {
  FoldedConvolution first = fold_convolution(tensors, "features.0",
                                             {kFirstChannels, kColors, kKernel}, kBatchNormEpsilon);
  first_ = pack_linear({kPatch, kFirstChannels, by_patch(first.weights), first.bias, kSwish},
                       LinearForm::float32);
  for (const BlockShape& shape : kBlocks) {
    const std::string number = std::to_string(blocks_.size() + 1);
    blocks_.emplace_back(tensors, "features." + number + ".block", shape);
  }
  const std::size_t inputs = kBlocks.back().outputs;
  const FoldedConvolution last =
      fold_convolution(tensors, "features." + std::to_string(kBlocks.size() + 1), {kDim, inputs, 1},
                       kBatchNormEpsilon);
  last_ = pack_linear({inputs, kDim, last.weights, last.bias, kSwish}, LinearForm::float32);
}

std::size_t MobileNetV3::memory_bytes() const noexcept {
  std::size_t bytes = embed::memory_bytes(*first_) + embed::memory_bytes(*last_);
  for (const InvertedResidual& block : blocks_) bytes += block.memory_bytes();
  return bytes;
}

void MobileNetV3::first_layer(const kernels::KernelTable& kernels, const float* picture,
                              std::size_t side, Crew& crew, std::vector<float>& patches,
                              const FeatureMap& out) const {
  const std::size_t row_floats = out.width * kPatch;
  patches.resize(crew.size() * row_floats);
  const std::size_t share = (out.height + crew.size() - 1) / crew.size();
  crew.share(out.height, share, [&](std::size_t begin, std::size_t end, std::size_t member) {
    float* mine = patches.data() + member * row_floats;
    for (std::size_t y = begin; y < end; ++y) {
      gather_patches(picture, side, y, mine);
      first_->apply(kernels, {mine, kPatch, out.width}, first_->all_panels(),
                    out.data + y * out.width * out.channels, out.channels, nullptr);
    }
  });
}

void MobileNetV3::forward(const kernels::KernelTable& kernels, std::span<const float> picture,
                          std::size_t side, Crew& crew, Scratch& scratch,
                          std::span<float> out) const {
  std::size_t place = 0;
  FeatureMap map = scratch.maps[place].map(halved(side, 2), halved(side, 2), kFirstChannels);
  first_layer(kernels, picture.data(), side, crew, scratch.patches, map);
  for (const InvertedResidual& block : blocks_) {
    place = 1 - place;
    const FeatureMap next = scratch.maps[place].map(
        halved(map.height, block.step()), halved(map.width, block.step()), block.outputs());
    block.forward(kernels, map, next, scratch.block, crew);
    map = next;
  }
  const FeatureMap last = scratch.maps[1 - place].map(map.height, map.width, kDim);
  apply_to_pixels(*last_, kernels, map, last, crew);
  mean_of_pixels(last, out.data());
}

}  // namespace ruvector::embed
