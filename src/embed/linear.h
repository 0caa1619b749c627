// A layer of a network: out = activation(x * W^T + bias), the weights packed once for the kernels.
// A row of `out` depends on its row of `x` alone, bit for bit: not on the rows beside it, on how
// panels are shared out, nor on the level of the kernels.
//
// Thread-safe: nothing changes after it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/array.h"
#include "embed/parts.h"
#include "kernels/encoder_kernels.h"
#include "kernels/kernels.h"

namespace ruvector::embed {

// How the weights are kept and the products are made.
enum class LinearForm : std::uint32_t { float32, int16, int8 };

// A layer as a model has it.
struct LinearWeights {
  std::size_t inputs;
  std::size_t outputs;
  std::span<const float> weights;  // (outputs, inputs)
  std::span<const float> bias;     // outputs, or empty
  kernels::Activation activation = kernels::Activation::none;
  // For int8: the largest magnitude that each input was seen to have, or empty, which is less
  // accurate. See exact_inputs.h.
  std::span<const float> input_ranges = {};
};

struct LinearShape {
  std::uint64_t inputs;
  std::uint64_t outputs;
  kernels::Activation activation;
  LinearForm form;
  std::uint32_t has_bias;
  std::uint32_t reserved = 0;
  friend bool operator==(const LinearShape&, const LinearShape&) = default;
};

// Rows of floats, `stride` floats apart.
struct FloatRows {
  const float* data;
  std::size_t stride;
  std::size_t count;
};

// Panels [begin, end) of a layer: kernels::kPanelColumns columns of the output each.
struct PanelRange {
  std::size_t begin;
  std::size_t end;
};

class Linear {
 public:
  virtual ~Linear() = default;
  Linear(const Linear&) = delete;
  Linear& operator=(const Linear&) = delete;

  std::size_t inputs() const noexcept { return shape_.inputs; }
  std::size_t outputs() const noexcept { return shape_.outputs; }
  std::size_t panels() const noexcept;
  PanelRange all_panels() const noexcept { return {0, panels()}; }

  // Writes to `scratch` what apply() needs of the rows of x. `scratch` has scratch_bytes(x.count)
  // bytes, aligned to 64.
  virtual void prepare(const kernels::KernelTable& kernels, const FloatRows& x,
                       std::byte* scratch) const = 0;
  // Fills the columns of `panels` in rows of `out`, which is another array than x. Any number of
  // threads may do so at once, with other panels of the same rows.
  void apply(const kernels::KernelTable& kernels, const FloatRows& x, PanelRange panels, float* out,
             std::size_t out_stride, const std::byte* scratch) const;
  virtual std::size_t scratch_bytes(std::size_t rows) const noexcept = 0;

  // Puts its parts down, for load_linear() to take up.
  void put(Parts& parts) const;

 protected:
  Linear(const LinearShape& shape, base::Array<float> bias);

 private:
  // The products of one panel, `columns` of which exist.
  virtual void multiply(const kernels::KernelTable& kernels, const FloatRows& x, std::size_t panel,
                        std::size_t columns, float* out, std::size_t out_stride,
                        const std::byte* scratch) const = 0;
  virtual void put_weights(Parts& parts) const = 0;

  LinearShape shape_;
  base::Array<float> bias_;  // outputs, or empty
};

// Packs `layer`; what it points to is not needed afterwards.
std::unique_ptr<const Linear> pack_linear(const LinearWeights& layer, LinearForm form);

// Takes up a layer that was put down. Throws EmbedError when it is not of `expected`.
std::unique_ptr<const Linear> load_linear(PartReader& parts, const LinearShape& expected);

}  // namespace ruvector::embed
