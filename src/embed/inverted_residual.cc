#include "embed/inverted_residual.h"

#include <algorithm>

#include "embed/folded_convolution.h"

namespace ruvector::embed {

using kernels::Activation;

namespace {

constexpr std::size_t kTilePixels = 112;  // so that a panel's results stay in the nearest cache

std::unique_ptr<const Linear> pack(const FoldedConvolution& convolution, std::size_t inputs,
                                   std::size_t outputs, Activation activation) {
  return pack_linear({inputs, outputs, convolution.weights, convolution.bias, activation},
                     LinearForm::float32);
}

std::unique_ptr<const Linear> read_normalised(std::span<const Tensor> tensors,
                                              const std::string& prefix, std::size_t inputs,
                                              std::size_t outputs, Activation activation) {
  return pack(fold_convolution(tensors, prefix, {outputs, inputs, 1}, kBatchNormEpsilon), inputs,
              outputs, activation);
}

std::unique_ptr<const Linear> read_plain(std::span<const Tensor> tensors, const std::string& prefix,
                                         std::size_t inputs, std::size_t outputs,
                                         Activation activation) {
  return pack(read_convolution(tensors, prefix, {outputs, inputs, 1}), inputs, outputs, activation);
}

}  // namespace

std::size_t memory_bytes(const Linear& layer) noexcept {
  const std::size_t columns = layer.panels() * kernels::kPanelColumns;
  return (columns * layer.inputs() + layer.outputs()) * sizeof(float);
}

void apply_to_pixels(const Linear& layer, const kernels::KernelTable& kernels,
                     const FeatureMap& input, const FeatureMap& out, Crew& crew) {
  const std::size_t pixels = input.pixels();
  const std::size_t share = (pixels + crew.size() - 1) / crew.size();
  crew.share(pixels, share, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t first = begin; first < end; first += kTilePixels) {
      const FloatRows rows = input.rows(first, std::min(kTilePixels, end - first));
      layer.apply(kernels, rows, layer.all_panels(), out.data + first * out.channels, out.channels,
                  nullptr);
    }
  });
}

void mean_of_pixels(const FeatureMap& map, float* means) noexcept {
  std::fill_n(means, map.channels, 0.0f);
  const float* value = map.data;
  for (std::size_t pixel = 0; pixel < map.pixels(); ++pixel, value += map.channels) {
    for (std::size_t c = 0; c < map.channels; ++c) means[c] += value[c];
  }
  const float share = 1.0f / static_cast<float>(map.pixels());
  for (std::size_t c = 0; c < map.channels; ++c) means[c] *= share;
}

InvertedResidual::InvertedResidual(std::span<const Tensor> tensors, const std::string& prefix,
                                   const BlockShape& shape)
    : shape_(shape) {
  std::size_t index = 0;
  const auto next = [&] { return prefix + "." + std::to_string(index++); };
  if (shape.expanded != shape.inputs) {
    widen_ = read_normalised(tensors, next(), shape.inputs, shape.expanded, shape.activation);
  }
  FoldedConvolution filter =
      fold_convolution(tensors, next(), {shape.expanded, 1, shape.kernel}, kBatchNormEpsilon);
  const std::size_t taps = shape.kernel * shape.kernel;
  filter_.resize(filter.weights.size());
  for (std::size_t c = 0; c < shape.expanded; ++c) {
    for (std::size_t tap = 0; tap < taps; ++tap) {
      filter_[tap * shape.expanded + c] = filter.weights[c * taps + tap];
    }
  }
  filter_bias_ = std::move(filter.bias);
  if (shape.squeezed != 0) {
    const std::string name = next();
    squeeze_ = read_plain(tensors, name + ".fc1", shape.expanded, shape.squeezed, Activation::relu);
    excite_ = read_plain(tensors, name + ".fc2", shape.squeezed, shape.expanded,
                         Activation::hard_sigmoid);
  }
  narrow_ = read_normalised(tensors, next(), shape.expanded, shape.outputs, Activation::none);
}

std::size_t InvertedResidual::memory_bytes() const noexcept {
  std::size_t bytes = (filter_.size() + filter_bias_.size()) * sizeof(float);
  for (const Linear* layer : {widen_.get(), squeeze_.get(), excite_.get(), narrow_.get()}) {
    if (layer != nullptr) bytes += embed::memory_bytes(*layer);
  }
  return bytes;
}

void InvertedResidual::forward(const kernels::KernelTable& kernels, const FeatureMap& input,
                               const FeatureMap& out, BlockScratch& scratch, Crew& crew) const {
  FeatureMap widened = input;
  if (widen_ != nullptr) {
    widened = scratch.widened.map(input.height, input.width, shape_.expanded);
    apply_to_pixels(*widen_, kernels, input, widened, crew);
  }
  const FeatureMap filtered = scratch.filtered.map(out.height, out.width, shape_.expanded);
  kernels.encoder.depthwise({widened.data, widened.height, widened.width, widened.channels,
                             filter_.data(), shape_.kernel, shape_.step, filter_bias_.data(),
                             shape_.activation, filtered.data});
  if (squeeze_ != nullptr) weigh_channels(kernels, filtered, scratch.weights);
  apply_to_pixels(*narrow_, kernels, filtered, out, crew);
  if (shape_.step == 1 && shape_.inputs == shape_.outputs) {
    for (std::size_t i = 0; i < out.size(); ++i) out.data[i] += input.data[i];
  }
}

void InvertedResidual::weigh_channels(const kernels::KernelTable& kernels, const FeatureMap& map,
                                      FeatureBuffer& buffer) const {
  const FeatureMap space = buffer.map(1, 1, 2 * shape_.expanded + shape_.squeezed);
  float* means = space.data;
  float* weights = means + shape_.expanded;
  float* squeezed = weights + shape_.expanded;
  mean_of_pixels(map, means);
  squeeze_->apply(kernels, {means, shape_.expanded, 1}, squeeze_->all_panels(), squeezed,
                  shape_.squeezed, nullptr);
  excite_->apply(kernels, {squeezed, shape_.squeezed, 1}, excite_->all_panels(), weights,
                 shape_.expanded, nullptr);
  float* value = map.data;
  for (std::size_t pixel = 0; pixel < map.pixels(); ++pixel, value += map.channels) {
    for (std::size_t c = 0; c < map.channels; ++c) value[c] *= weights[c];
  }
}

}  // namespace ruvector::embed
