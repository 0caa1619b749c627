#include "embed/float_linear.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"

namespace ruvector::embed {

using kernels::kPanelColumns;

namespace {

// Rows [first, first + columns) of `weights` become the columns of a panel.
void pack_panel(std::span<const float> weights, std::size_t inputs, std::size_t first,
                std::size_t columns, float* panel) {
  for (std::size_t column = 0; column < columns; ++column) {
    const float* row = weights.data() + (first + column) * inputs;
    for (std::size_t i = 0; i < inputs; ++i) panel[i * kPanelColumns + column] = row[i];
  }
}

}  // namespace

FloatLinear::FloatLinear(const LinearShape& shape, base::Array<float> bias,
                         base::Array<float> packed)
    : Linear(shape, std::move(bias)), packed_(std::move(packed)) {}

std::unique_ptr<const Linear> FloatLinear::pack(const LinearShape& shape, base::Array<float> bias,
                                                std::span<const float> weights) {
  const std::size_t panels = (shape.outputs + kPanelColumns - 1) / kPanelColumns;
  base::Array<float> packed(panels * shape.inputs * kPanelColumns);
  float* out = packed.mutable_data();
  base::parallel_for(panels, 0, [&](std::size_t panel, std::size_t) {
    const std::size_t first = panel * kPanelColumns;
    pack_panel(weights, shape.inputs, first,
               std::min<std::size_t>(kPanelColumns, shape.outputs - first),
               out + first * shape.inputs);
  });
  return std::unique_ptr<const Linear>(new FloatLinear(shape, std::move(bias), std::move(packed)));
}

std::unique_ptr<const Linear> FloatLinear::load(const LinearShape& shape, base::Array<float> bias,
                                                PartReader& parts) {
  const std::size_t panels = (shape.outputs + kPanelColumns - 1) / kPanelColumns;
  base::Array<float> packed = parts.take<float>(panels * shape.inputs * kPanelColumns);
  return std::unique_ptr<const Linear>(new FloatLinear(shape, std::move(bias), std::move(packed)));
}

std::size_t FloatLinear::scratch_bytes(std::size_t /*rows*/) const noexcept { return 0; }

void FloatLinear::prepare(const kernels::KernelTable& /*kernels*/, const FloatRows& /*x*/,
                          std::byte* /*scratch*/) const {}

void FloatLinear::multiply(const kernels::KernelTable& kernels, const FloatRows& x,
                           std::size_t panel, std::size_t columns, float* out,
                           std::size_t out_stride, const std::byte* /*scratch*/) const {
  kernels.gemm(x.data, x.stride, x.count, packed_.data() + panel * inputs() * kPanelColumns,
               columns, inputs(), out, out_stride);
}

void FloatLinear::put_weights(Parts& parts) const { parts.put(packed_); }

}  // namespace ruvector::embed
