// The sizes of a BERT encoder.
// Thread-safe: values, and functions of their arguments.
#pragma once

#include <cstdint>
#include <string>

#include "embed/config_file.h"
#include "embed/safetensors.h"

namespace ruvector::embed {

struct BertConfig {
  std::uint64_t hidden;      // values of a token's state
  std::uint64_t layers;      // of attention and feed-forward network
  std::uint64_t heads;       // of attention, hidden / heads values each
  std::uint64_t inner;       // values within a feed-forward network
  std::uint64_t vocabulary;  // word pieces
  std::uint64_t positions;   // tokens of a text at most
  std::uint64_t types;       // of tokens, of which the first is used
  double epsilon;            // of the layer norms

  std::uint64_t head_dim() const noexcept { return hidden / heads; }
  friend bool operator==(const BertConfig&, const BertConfig&) = default;
};

// From a config.json. Throws EmbedError for a network that is no BERT encoder with GELU and
// absolute positions, or has sizes that the kernels do not take.
BertConfig bert_config(const ConfigFile& file);

// From the shapes of the tensors, for models that come without a config.json: heads have 32 values
// and the epsilon is 1e-12, as in all-MiniLM-L6-v2 and bge-small-en-v1.5. Throws EmbedError.
BertConfig bert_config(const Safetensors& file);

// "bert." when the names of the tensors begin so, else "".
std::string bert_prefix(const Safetensors& file);

}  // namespace ruvector::embed
