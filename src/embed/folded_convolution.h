// A convolution of a model file with the batch normalisation behind it folded in: for inference the
// two are one linear map.
// Thread-safe: functions of their arguments.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embed/tensor.h"

namespace ruvector::embed {

// A convolution as torch has it: (outputs, inputs, kernel, kernel), `inputs` for each group.
struct ConvolutionShape {
  std::size_t outputs;
  std::size_t inputs;
  std::size_t kernel;

  std::size_t taps() const noexcept { return inputs * kernel * kernel; }
};

struct FoldedConvolution {
  std::vector<float> weights;  // (outputs, inputs, kernel, kernel)
  std::vector<float> bias;     // outputs
};

// The values of a tensor that must be there, of that shape and finite. Throws EmbedError.
std::vector<float> read_floats(std::span<const Tensor> tensors, std::string_view name,
                               std::span<const std::size_t> shape);

// Reads `prefix`.0.weight and the normalisation `prefix`.1.{weight,bias,running_mean,running_var}:
// y = (conv(x) - mean) / sqrt(variance + epsilon) * weight + bias. Throws EmbedError for tensors
// that are missing, of another shape or not finite, and for a variance below zero.
FoldedConvolution fold_convolution(std::span<const Tensor> tensors, const std::string& prefix,
                                   const ConvolutionShape& shape, double epsilon);

// Reads `prefix`.weight and `prefix`.bias: a convolution without a normalisation.
FoldedConvolution read_convolution(std::span<const Tensor> tensors, const std::string& prefix,
                                   const ConvolutionShape& shape);

}  // namespace ruvector::embed
