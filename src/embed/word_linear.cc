#include "embed/word_linear.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "embed/weight_integers.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {

using kernels::kPanelColumns;

namespace {

constexpr std::size_t kGroup = 2;  // inputs that lie together in a panel
constexpr std::int32_t kMostWord = 2047;

// Where in the scratch the scales of quantised rows begin.
std::size_t scales_begin(std::size_t rows, std::size_t inputs) {
  return (rows * inputs * sizeof(std::int16_t) + 63) / 64 * 64;
}

std::size_t padded_outputs(const LinearShape& shape) {
  return (shape.outputs + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
}

void check_inputs(std::size_t inputs) {
  if (inputs % kGroup == 0) return;
  throw EmbedError("linear layer: int16 takes an even number of inputs, not " +
                   std::to_string(inputs));
}

void pack_panel(const LinearWeights& layer, std::size_t panel, std::int16_t* words, float* scales) {
  const std::size_t first = panel * kPanelColumns;
  std::vector<std::int32_t> integers(layer.inputs);
  for (std::size_t column = 0; column < std::min(kPanelColumns, layer.outputs - first); ++column) {
    scales[column] =
        quantise_weights(layer.weights.subspan((first + column) * layer.inputs, layer.inputs), {},
                         kMostWord, integers);
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      words[(i / kGroup * kPanelColumns + column) * kGroup + i % kGroup] =
          static_cast<std::int16_t>(integers[i]);
    }
  }
}

}  // namespace

WordLinear::WordLinear(const LinearShape& shape, base::Array<float> bias,
                       base::Array<std::int16_t> words, base::Array<float> scales)
    : Linear(shape, std::move(bias)), words_(std::move(words)), scales_(std::move(scales)) {}

std::unique_ptr<const Linear> WordLinear::pack(const LinearShape& shape, base::Array<float> bias,
                                               const LinearWeights& layer) {
  check_inputs(shape.inputs);
  const std::size_t columns = padded_outputs(shape);
  base::Array<std::int16_t> words(columns * shape.inputs);
  base::Array<float> scales(columns);
  std::int16_t* words_out = words.mutable_data();
  float* scales_out = scales.mutable_data();
  base::parallel_for(columns / kPanelColumns, 0, [&](std::size_t panel, std::size_t) {
    pack_panel(layer, panel, words_out + panel * kPanelColumns * shape.inputs,
               scales_out + panel * kPanelColumns);
  });
  return std::unique_ptr<const Linear>(
      new WordLinear(shape, std::move(bias), std::move(words), std::move(scales)));
}

std::unique_ptr<const Linear> WordLinear::load(const LinearShape& shape, base::Array<float> bias,
                                               PartReader& parts) {
  check_inputs(shape.inputs);
  const std::size_t columns = padded_outputs(shape);
  base::Array<std::int16_t> words = parts.take<std::int16_t>(columns * shape.inputs);
  base::Array<float> scales = parts.take<float>(columns);
  return std::unique_ptr<const Linear>(
      new WordLinear(shape, std::move(bias), std::move(words), std::move(scales)));
}

void WordLinear::put_weights(Parts& parts) const {
  parts.put(words_);
  parts.put(scales_);
}

std::size_t WordLinear::scratch_bytes(std::size_t rows) const noexcept {
  return scales_begin(rows, inputs()) + rows * sizeof(float);
}

void WordLinear::prepare(const kernels::KernelTable& kernels, const FloatRows& x,
                         std::byte* scratch) const {
  kernels.encoder.quantize_words(
      x.data, x.stride, x.count, inputs(), reinterpret_cast<std::int16_t*>(scratch), inputs(),
      reinterpret_cast<float*>(scratch + scales_begin(x.count, inputs())));
}

void WordLinear::multiply(const kernels::KernelTable& kernels, const FloatRows& x,
                          std::size_t panel, std::size_t columns, float* out,
                          std::size_t out_stride, const std::byte* scratch) const {
  const std::size_t first = panel * kPanelColumns;
  kernels.encoder.gemm_words(
      reinterpret_cast<const std::int16_t*>(scratch), inputs(),
      reinterpret_cast<const float*>(scratch + scales_begin(x.count, inputs())), x.count,
      {.words = words_.data() + first * inputs(), .scales = scales_.data() + first}, columns,
      inputs(), out, out_stride);
}

}  // namespace ruvector::embed
