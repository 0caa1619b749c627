#include "embed/folded_convolution.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

void require_finite(std::span<const float> values, const std::string& name) {
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
    throw EmbedError("model: tensor " + name + " has values that are not finite");
  }
}

std::vector<float> read_weights(std::span<const Tensor> tensors, const std::string& name,
                                const ConvolutionShape& shape) {
  const std::array<std::size_t, 4> extents = {shape.outputs, shape.inputs, shape.kernel,
                                              shape.kernel};
  return read_floats(tensors, name, extents);
}

}  // namespace

std::vector<float> read_floats(std::span<const Tensor> tensors, std::string_view name,
                               std::span<const std::size_t> shape) {
  const auto tensor = std::ranges::find(tensors, name, &Tensor::name);
  if (tensor == tensors.end()) {
    throw EmbedError("model: there is no tensor " + std::string(name));
  }
  if (!std::ranges::equal(tensor->shape, shape)) {
    throw EmbedError("model: tensor " + tensor->name + " has shape " + describe(tensor->shape) +
                     ", must have " + describe(shape));
  }
  std::vector<float> values(count_of(shape));
  copy_floats(*tensor, 0, values);
  require_finite(values, tensor->name);
  return values;
}

FoldedConvolution fold_convolution(std::span<const Tensor> tensors, const std::string& prefix,
                                   const ConvolutionShape& shape, double epsilon) {
  const std::array<std::size_t, 1> channels = {shape.outputs};
  const std::vector<float> scale = read_floats(tensors, prefix + ".1.weight", channels);
  const std::vector<float> shift = read_floats(tensors, prefix + ".1.bias", channels);
  const std::vector<float> mean = read_floats(tensors, prefix + ".1.running_mean", channels);
  const std::vector<float> variance = read_floats(tensors, prefix + ".1.running_var", channels);

  FoldedConvolution folded{read_weights(tensors, prefix + ".0.weight", shape),
                           std::vector<float>(shape.outputs)};
  for (std::size_t output = 0; output < shape.outputs; ++output) {
    if (variance[output] < 0.0f) {
      throw EmbedError("model: tensor " + prefix + ".1.running_var has a variance of " +
                       std::to_string(variance[output]) + ", must be at least 0");
    }
    const double factor = double{scale[output]} / std::sqrt(double{variance[output]} + epsilon);
    for (float& weight : std::span(folded.weights).subspan(output * shape.taps(), shape.taps())) {
      weight = static_cast<float>(double{weight} * factor);
    }
    folded.bias[output] = static_cast<float>(double{shift[output]} - double{mean[output]} * factor);
  }
  require_finite(folded.weights, prefix + ", normalised,");
  require_finite(folded.bias, prefix + ", normalised,");
  return folded;
}

FoldedConvolution read_convolution(std::span<const Tensor> tensors, const std::string& prefix,
                                   const ConvolutionShape& shape) {
  const std::array<std::size_t, 1> channels = {shape.outputs};
  return {read_weights(tensors, prefix + ".weight", shape),
          read_floats(tensors, prefix + ".bias", channels)};
}

}  // namespace ruvector::embed
