// Linear layers of 8 bits: weights as signed bytes with a scale for each output, rows as unsigned
// bytes with a scale and a zero for each row, and a few inputs that stay float32 (exact_inputs.h).
// Thread-safe: nothing changes after it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/array.h"
#include "embed/linear.h"
#include "embed/parts.h"
#include "kernels/encoder_kernels.h"

namespace ruvector::embed {

class ByteLinear final : public Linear {
 public:
  // Throws EmbedError for a number of inputs that is no multiple of 4 or above
  // kernels::kMostByteDepth, and for weights that are not finite.
  static std::unique_ptr<const Linear> pack(const LinearShape& shape, base::Array<float> bias,
                                            const LinearWeights& layer);
  static std::unique_ptr<const Linear> load(const LinearShape& shape, base::Array<float> bias,
                                            PartReader& parts);

  void prepare(const kernels::KernelTable& kernels, const FloatRows& x,
               std::byte* scratch) const override;
  std::size_t scratch_bytes(std::size_t rows) const noexcept override;

 private:
  struct Weights {
    base::Array<std::uint32_t> exact_inputs;  // in rising order
    base::Array<float> factors;               // 0 for exact inputs, 1 for the others
    // Packed for gemm_bytes(), all columns of the last panel:
    base::Array<std::int8_t> bytes;
    base::Array<float> scales;
    base::Array<std::int32_t> sums;
    base::Array<float> exact;
  };
  // Where in the scratch the parts of quantised rows begin.
  struct Layout {
    std::size_t scales;
    std::size_t exact;
    std::size_t end;
  };

  ByteLinear(const LinearShape& shape, base::Array<float> bias, Weights weights);
  Layout layout(std::size_t rows) const noexcept;
  void multiply(const kernels::KernelTable& kernels, const FloatRows& x, std::size_t panel,
                std::size_t columns, float* out, std::size_t out_stride,
                const std::byte* scratch) const override;
  void put_weights(Parts& parts) const override;

  Weights weights_;
};

}  // namespace ruvector::embed
