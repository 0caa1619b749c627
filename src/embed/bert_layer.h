// One layer of a BERT encoder: attention, then a network with one inner layer, each added to its
// input and normalised.
//
// Thread-safe: nothing changes after it is made; a scratch belongs to one call at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/array.h"
#include "embed/bert_config.h"
#include "embed/bert_scratch.h"
#include "embed/crew.h"
#include "embed/linear.h"
#include "embed/parts.h"
#include "embed/safetensors.h"
#include "kernels/kernels.h"

namespace ruvector::embed {

// What follows a sum of states: layer_norm() of encoder_kernels.h.
struct NormWeights {
  base::Array<float> scale;
  base::Array<float> shift;

  // From tensors "<name>.weight" and "<name>.bias".
  static NormWeights read(const Safetensors& file, const std::string& name, std::size_t dim);
  static NormWeights load(PartReader& parts, std::size_t dim);
  void put(Parts& parts) const;
};

class BertLayer {
 public:
  // How its linear layers are packed: see LinearWeights::input_ranges.
  struct Packing {
    LinearForm form;
    std::span<const float> query_key_value = {};
    std::span<const float> attention_output = {};
    std::span<const float> inner = {};
    std::span<const float> outer = {};
  };
  static constexpr std::size_t kLinearLayers = 4;  // applied in that order

  // From the tensors whose names begin with `name`.
  static BertLayer pack(const Safetensors& file, const std::string& name, const BertConfig& config,
                        const Packing& packing);
  static BertLayer load(PartReader& parts, const BertConfig& config, LinearForm form);
  void put(Parts& parts) const;

  // Replaces scratch.states() by the next states.
  void apply(const kernels::KernelTable& kernels, const BertConfig& config, Crew& crew,
             BertScratch& scratch) const;

  std::size_t linear_scratch_bytes(std::size_t rows) const noexcept;

 private:
  BertLayer() = default;
  // states = norm(sums + bias + states), where sums is scratch.sums().
  static void add_and_normalise(const kernels::KernelTable& kernels, const BertConfig& config,
                                Crew& crew, BertScratch& scratch, const base::Array<float>& bias,
                                const NormWeights& norm);

  std::unique_ptr<const Linear> query_key_value_;  // queries are scaled by 1 / sqrt(head_dim)
  std::unique_ptr<const Linear> attention_output_;
  base::Array<float> attention_bias_;
  NormWeights attention_norm_;
  std::unique_ptr<const Linear> inner_;
  std::unique_ptr<const Linear> outer_;
  base::Array<float> outer_bias_;
  NormWeights outer_norm_;
};

}  // namespace ruvector::embed
