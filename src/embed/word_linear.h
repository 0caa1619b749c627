// Linear layers of 12 bits in 16: weights with a scale for each output, rows with a scale for each
// row.
// Thread-safe: nothing changes after it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/array.h"
#include "embed/linear.h"
#include "embed/parts.h"

namespace ruvector::embed {

class WordLinear final : public Linear {
 public:
  // Throws EmbedError for an odd number of inputs and for weights that are not finite.
  static std::unique_ptr<const Linear> pack(const LinearShape& shape, base::Array<float> bias,
                                            const LinearWeights& layer);
  static std::unique_ptr<const Linear> load(const LinearShape& shape, base::Array<float> bias,
                                            PartReader& parts);

  void prepare(const kernels::KernelTable& kernels, const FloatRows& x,
               std::byte* scratch) const override;
  std::size_t scratch_bytes(std::size_t rows) const noexcept override;

 private:
  WordLinear(const LinearShape& shape, base::Array<float> bias, base::Array<std::int16_t> words,
             base::Array<float> scales);
  void multiply(const kernels::KernelTable& kernels, const FloatRows& x, std::size_t panel,
                std::size_t columns, float* out, std::size_t out_stride,
                const std::byte* scratch) const override;
  void put_weights(Parts& parts) const override;

  // Packed for gemm_words(), all columns of the last panel.
  base::Array<std::int16_t> words_;
  base::Array<float> scales_;
};

}  // namespace ruvector::embed
