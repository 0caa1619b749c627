// Linear layers with float32 weights.
// Thread-safe: nothing changes after it is made.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/array.h"
#include "embed/linear.h"
#include "embed/parts.h"

namespace ruvector::embed {

class FloatLinear final : public Linear {
 public:
  static std::unique_ptr<const Linear> pack(const LinearShape& shape, base::Array<float> bias,
                                            std::span<const float> weights);
  static std::unique_ptr<const Linear> load(const LinearShape& shape, base::Array<float> bias,
                                            PartReader& parts);

  void prepare(const kernels::KernelTable& kernels, const FloatRows& x,
               std::byte* scratch) const override;
  std::size_t scratch_bytes(std::size_t rows) const noexcept override;

 private:
  FloatLinear(const LinearShape& shape, base::Array<float> bias, base::Array<float> packed);
  void multiply(const kernels::KernelTable& kernels, const FloatRows& x, std::size_t panel,
                std::size_t columns, float* out, std::size_t out_stride,
                const std::byte* scratch) const override;
  void put_weights(Parts& parts) const override;

  base::Array<float> packed_;  // (panels, inputs, kPanelColumns)
};

}  // namespace ruvector::embed
