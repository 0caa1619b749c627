#include "embed/linear.h"

#include <algorithm>
#include <string>
#include <utility>

#include "embed/byte_linear.h"
#include "embed/float_linear.h"
#include "embed/word_linear.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {

using kernels::kPanelColumns;

Linear::Linear(const LinearShape& shape, base::Array<float> bias)
    : shape_(shape), bias_(std::move(bias)) {}

std::size_t Linear::panels() const noexcept {
  return (outputs() + kPanelColumns - 1) / kPanelColumns;
}

void Linear::apply(const kernels::KernelTable& kernels, const FloatRows& x, PanelRange panels,
                   float* out, std::size_t out_stride, const std::byte* scratch) const {
  const bool has_epilogue = !bias_.empty() || shape_.activation != kernels::Activation::none;
  for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
    const std::size_t first = panel * kPanelColumns;
    const std::size_t columns = std::min(kPanelColumns, outputs() - first);
    multiply(kernels, x, panel, columns, out + first, out_stride, scratch);
    if (!has_epilogue) continue;
    // Now, while the panel of `out` is in the cache.
    kernels.encoder.activate(out + first, out_stride, x.count, columns,
                             bias_.empty() ? nullptr : bias_.data() + first, shape_.activation);
  }
}

void Linear::put(Parts& parts) const {
  parts.put_value(shape_);
  parts.put(bias_);
  put_weights(parts);
}

std::unique_ptr<const Linear> pack_linear(const LinearWeights& layer, LinearForm form) {
  const LinearShape shape{layer.inputs, layer.outputs, layer.activation, form,
                          layer.bias.empty() ? 0u : 1u};
  base::Array<float> bias(layer.bias.size());
  if (!layer.bias.empty()) std::ranges::copy(layer.bias, bias.mutable_data());
  switch (form) {
    case LinearForm::float32:
      return FloatLinear::pack(shape, std::move(bias), layer.weights);
    case LinearForm::int16:
      return WordLinear::pack(shape, std::move(bias), layer);
    case LinearForm::int8:
      return ByteLinear::pack(shape, std::move(bias), layer);
  }
  throw EmbedError("linear layer: form " + std::to_string(static_cast<std::uint32_t>(form)) +
                   " is not known");
}

std::unique_ptr<const Linear> load_linear(PartReader& parts, const LinearShape& expected) {
  const auto shape = parts.take_value<LinearShape>();
  if (shape != expected) throw EmbedError("a layer of the packed weights has another shape");
  base::Array<float> bias = parts.take<float>(shape.has_bias != 0 ? shape.outputs : 0);
  switch (shape.form) {
    case LinearForm::float32:
      return FloatLinear::load(shape, std::move(bias), parts);
    case LinearForm::int16:
      return WordLinear::load(shape, std::move(bias), parts);
    case LinearForm::int8:
      return ByteLinear::load(shape, std::move(bias), parts);
  }
  throw EmbedError("a layer of the packed weights has another form");
}

}  // namespace ruvector::embed
