// A BERT encoder: from token ids to the hidden states of its last layer.
//
// Tokens of several texts are packed row after row, without padding. The states of a text depend on
// its tokens and the weights alone, bit for bit: not on the texts beside it, nor on the crew, nor
// on the level of the kernels.
//
// Thread-safe: nothing changes after it is made; a scratch belongs to one call at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/array.h"
#include "embed/bert_config.h"
#include "embed/bert_layer.h"
#include "embed/bert_scratch.h"
#include "embed/crew.h"
#include "embed/linear.h"
#include "embed/parts.h"
#include "embed/safetensors.h"
#include "embed/tensor.h"
#include "kernels/kernels.h"

namespace ruvector::embed {

// Texts one after another.
struct TokenGroup {
  std::span<const std::uint32_t> ids;      // of all texts
  std::span<const std::uint32_t> lengths;  // of each, 1..max_tokens()
};

class BertEncoder {
 public:
  // Packs the weights in `file`; the table of words stays in the file, which is kept mapped. Throws
  // EmbedError for tensors that are missing or have another shape than `config` says.
  static BertEncoder pack(const Safetensors& file, const BertConfig& config, LinearForm form);

  // Takes up what put() put down. Throws EmbedError when it is not of `config` and `form`.
  static BertEncoder load(PartReader& parts, const Safetensors& file, const BertConfig& config,
                          LinearForm form);
  void put(Parts& parts) const;

  const BertConfig& config() const noexcept { return config_; }
  std::size_t max_tokens() const noexcept;  // of a text

  // The states, a row of config().hidden floats for each token, within `scratch`. Throws EmbedError
  // for an id above the vocabulary.
  std::span<const float> encode(const kernels::KernelTable& kernels, const TokenGroup& group,
                                Crew& crew, BertScratch& scratch) const;

 private:
  BertEncoder(const Safetensors& file, const BertConfig& config);
  void look_up(const kernels::KernelTable& kernels, const TokenGroup& group, float* states) const;

  BertConfig config_;
  std::shared_ptr<const void> file_;  // of words_
  Tensor words_;                      // (vocabulary, hidden)
  base::Array<float> positions_;      // (positions, hidden), the first type of token added
  NormWeights norm_;
  std::vector<BertLayer> layers_;
};

}  // namespace ruvector::embed
