#include "embed/byte_linear.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "embed/exact_inputs.h"
#include "embed/weight_integers.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {

using kernels::ByteScale;
using kernels::kPanelColumns;

namespace {

constexpr std::size_t kGroup = 4;  // inputs that lie together in a panel
constexpr std::int32_t kMostByte = 127;

std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

std::size_t padded_outputs(const LinearShape& shape) {
  return (shape.outputs + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
}

void check_inputs(std::size_t inputs) {
  if (inputs % kGroup == 0 && inputs <= kernels::kMostByteDepth) return;
  throw EmbedError("linear layer: int8 takes inputs in multiples of " + std::to_string(kGroup) +
                   " up to " + std::to_string(kernels::kMostByteDepth) + ", not " +
                   std::to_string(inputs));
}

// One panel of the weights, where it is to be written.
struct Panel {
  std::int8_t* bytes;
  float* scales;
  std::int32_t* sums;
  float* exact;
};

// Writes `columns` columns of a panel, the outputs of the layer from `first` on.
void pack_panel(const LinearWeights& layer, std::span<const std::uint32_t> exact_inputs,
                std::span<const float> factors, std::size_t first, std::size_t columns,
                const Panel& panel) {
  std::vector<std::int32_t> integers(layer.inputs);
  for (std::size_t column = 0; column < columns; ++column) {
    const std::span<const float> row =
        layer.weights.subspan((first + column) * layer.inputs, layer.inputs);
    panel.scales[column] = quantise_weights(row, factors, kMostByte, integers);
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      sum += integers[i];
      panel.bytes[(i / kGroup * kPanelColumns + column) * kGroup + i % kGroup] =
          static_cast<std::int8_t>(integers[i]);
    }
    panel.sums[column] = sum;
    for (std::size_t e = 0; e < exact_inputs.size(); ++e) {
      panel.exact[e * kPanelColumns + column] = row[exact_inputs[e]];
    }
  }
}

}  // namespace

ByteLinear::ByteLinear(const LinearShape& shape, base::Array<float> bias, Weights weights)
    : Linear(shape, std::move(bias)), weights_(std::move(weights)) {}

std::unique_ptr<const Linear> ByteLinear::pack(const LinearShape& shape, base::Array<float> bias,
                                               const LinearWeights& layer) {
  check_inputs(shape.inputs);
  const std::vector<std::uint32_t> exact =
      choose_exact_inputs(layer.weights, layer.inputs, layer.outputs, layer.input_ranges);
  const std::size_t columns = padded_outputs(shape);
  Weights weights{base::Array<std::uint32_t>(exact.size()),
                  base::Array<float>(shape.inputs),
                  base::Array<std::int8_t>(columns * shape.inputs),
                  base::Array<float>(columns),
                  base::Array<std::int32_t>(columns),
                  base::Array<float>(columns * exact.size())};
  std::ranges::copy(exact, weights.exact_inputs.mutable_data());
  float* factors = weights.factors.mutable_data();
  std::fill_n(factors, shape.inputs, 1.0f);
  for (const std::uint32_t input : exact) factors[input] = 0.0f;
  const Panel all{weights.bytes.mutable_data(), weights.scales.mutable_data(),
                  weights.sums.mutable_data(), weights.exact.mutable_data()};
  base::parallel_for(columns / kPanelColumns, 0, [&](std::size_t panel, std::size_t) {
    const std::size_t first = panel * kPanelColumns;
    pack_panel(layer, exact, {factors, shape.inputs}, first,
               std::min(kPanelColumns, layer.outputs - first),
               {all.bytes + first * layer.inputs, all.scales + first, all.sums + first,
                all.exact + first * exact.size()});
  });
  return std::unique_ptr<const Linear>(new ByteLinear(shape, std::move(bias), std::move(weights)));
}

std::unique_ptr<const Linear> ByteLinear::load(const LinearShape& shape, base::Array<float> bias,
                                               PartReader& parts) {
  check_inputs(shape.inputs);
  const std::size_t columns = padded_outputs(shape);
  const std::size_t exact = shape.inputs / kInputsPerExact;
  Weights weights;
  weights.exact_inputs = parts.take<std::uint32_t>(exact);
  weights.factors = parts.take<float>(shape.inputs);
  weights.bytes = parts.take<std::int8_t>(columns * shape.inputs);
  weights.scales = parts.take<float>(columns);
  weights.sums = parts.take<std::int32_t>(columns);
  weights.exact = parts.take<float>(columns * exact);
  for (const std::uint32_t input : weights.exact_inputs) {
    if (input >= shape.inputs) {
      throw EmbedError("packed weights: exact input " + std::to_string(input) +
                       " is not below the " + std::to_string(shape.inputs) + " inputs of a layer");
    }
  }
  return std::unique_ptr<const Linear>(new ByteLinear(shape, std::move(bias), std::move(weights)));
}

void ByteLinear::put_weights(Parts& parts) const {
  parts.put(weights_.exact_inputs);
  parts.put(weights_.factors);
  parts.put(weights_.bytes);
  parts.put(weights_.scales);
  parts.put(weights_.sums);
  parts.put(weights_.exact);
}

ByteLinear::Layout ByteLinear::layout(std::size_t rows) const noexcept {
  Layout layout;
  layout.scales = aligned(rows * inputs());
  layout.exact = layout.scales + aligned(rows * sizeof(ByteScale));
  layout.end = layout.exact + rows * weights_.exact_inputs.size() * sizeof(float);
  return layout;
}

std::size_t ByteLinear::scratch_bytes(std::size_t rows) const noexcept { return layout(rows).end; }

void ByteLinear::prepare(const kernels::KernelTable& kernels, const FloatRows& x,
                         std::byte* scratch) const {
  const Layout at = layout(x.count);
  kernels.encoder.quantize_bytes(x.data, x.stride, x.count, inputs(), weights_.factors.data(),
                                 reinterpret_cast<std::uint8_t*>(scratch), inputs(),
                                 reinterpret_cast<ByteScale*>(scratch + at.scales));
  auto* exact = reinterpret_cast<float*>(scratch + at.exact);
  for (std::size_t row = 0; row < x.count; ++row) {
    for (const std::uint32_t input : weights_.exact_inputs) {
      *exact++ = x.data[row * x.stride + input];
    }
  }
}

void ByteLinear::multiply(const kernels::KernelTable& kernels, const FloatRows& x,
                          std::size_t panel, std::size_t columns, float* out,
                          std::size_t out_stride, const std::byte* scratch) const {
  const Layout at = layout(x.count);
  const std::size_t first = panel * kPanelColumns;
  const std::size_t exact = weights_.exact_inputs.size();
  kernels.encoder.gemm_bytes({.bytes = reinterpret_cast<const std::uint8_t*>(scratch),
                              .stride = inputs(),
                              .scales = reinterpret_cast<const ByteScale*>(scratch + at.scales),
                              .exact = reinterpret_cast<const float*>(scratch + at.exact),
                              .exact_stride = exact},
                             x.count,
                             {.bytes = weights_.bytes.data() + first * inputs(),
                              .scales = weights_.scales.data() + first,
                              .sums = weights_.sums.data() + first,
                              .exact = weights_.exact.data() + first * exact,
                              .exact_rows = exact},
                             columns, inputs(), out, out_stride);
}

}  // namespace ruvector::embed
