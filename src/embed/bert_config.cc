#include "embed/bert_config.h"

#include <algorithm>
#include <array>
#include <optional>

#include "kernels/encoder_kernels.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

constexpr double kEpsilon = 1e-12;
constexpr std::uint64_t kInferredHidden = 384;
constexpr std::uint64_t kInferredHeadDim = 32;
constexpr std::uint64_t kMaxWidth = 16'384;
constexpr std::uint64_t kMaxLayers = 256;
constexpr std::uint64_t kMaxVocabulary = std::uint64_t{1} << 24;
constexpr std::uint64_t kMaxPositions = std::uint64_t{1} << 20;

[[noreturn]] void refuse(const std::string& file, const std::string& reason) {
  throw EmbedError(file + ": " + reason);
}

void require_range(const std::string& file, const char* what, std::uint64_t value,
                   std::uint64_t limit) {
  if (value >= 1 && value <= limit) return;
  refuse(file, std::string(what) + " " + std::to_string(value) + " is not within 1.." +
                   std::to_string(limit));
}

void require_usable(const std::string& file, const BertConfig& config) {
  require_range(file, "hidden_size", config.hidden, kMaxWidth);
  require_range(file, "num_hidden_layers", config.layers, kMaxLayers);
  require_range(file, "num_attention_heads", config.heads, config.hidden);
  require_range(file, "intermediate_size", config.inner, kMaxWidth);
  require_range(file, "vocab_size", config.vocabulary, kMaxVocabulary);
  require_range(file, "max_position_embeddings", config.positions, kMaxPositions);
  require_range(file, "type_vocab_size", config.types, kMaxWidth);
  if (!(config.epsilon > 0 && config.epsilon < 1)) {
    refuse(file, "layer_norm_eps " + std::to_string(config.epsilon) + " is not within 0..1");
  }
  if (config.hidden % config.heads != 0 || config.head_dim() % 16 != 0 ||
      config.head_dim() > kernels::kAttentionDim) {
    refuse(file, std::to_string(config.hidden) + " values in " + std::to_string(config.heads) +
                     " heads: a head must have 16, 32, 48 or 64");
  }
  if (config.inner % 4 != 0) {  // the kernels for whole numbers take them in fours
    refuse(file, "intermediate_size " + std::to_string(config.inner) + " is no multiple of 4");
  }
}

void require_text(const ConfigFile& file, const char* key, std::string_view only) {
  const std::optional<std::string> value = file.text(key);
  if (!value || *value == only) return;
  refuse(file.name(), std::string(key) + " is " + value->substr(0, 64) + ", only " +
                          std::string(only) + " is known");
}

std::uint64_t required(const ConfigFile& file, const char* key) {
  const std::optional<std::uint64_t> value = file.count(key);
  if (!value) refuse(file.name(), std::string(key) + " is missing");
  return *value;
}

std::array<std::uint64_t, 2> matrix_shape(const Safetensors& file, const std::string& name) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr) refuse(file.name(), "tensor " + name + " is missing");
  if (tensor->shape.size() != 2) {
    refuse(file.name(), "tensor " + name + " is " + describe(tensor->shape) + ", not a matrix");
  }
  return {tensor->shape[0], tensor->shape[1]};
}

}  // namespace

BertConfig bert_config(const ConfigFile& file) {
  require_text(file, "model_type", "bert");
  require_text(file, "hidden_act", "gelu");
  require_text(file, "position_embedding_type", "absolute");
  if (file.flag("is_decoder").value_or(false)) refuse(file.name(), "is_decoder is true");
  const BertConfig config{.hidden = required(file, "hidden_size"),
                          .layers = required(file, "num_hidden_layers"),
                          .heads = required(file, "num_attention_heads"),
                          .inner = required(file, "intermediate_size"),
                          .vocabulary = required(file, "vocab_size"),
                          .positions = required(file, "max_position_embeddings"),
                          .types = file.count("type_vocab_size").value_or(2),
                          .epsilon = file.number("layer_norm_eps").value_or(kEpsilon)};
  require_usable(file.name(), config);
  return config;
}

BertConfig bert_config(const Safetensors& file) {
  const std::string prefix = bert_prefix(file);
  const auto words = matrix_shape(file, prefix + "embeddings.word_embeddings.weight");
  const auto positions = matrix_shape(file, prefix + "embeddings.position_embeddings.weight");
  const auto types = matrix_shape(file, prefix + "embeddings.token_type_embeddings.weight");
  const auto inner = matrix_shape(file, prefix + "encoder.layer.0.intermediate.dense.weight");
  if (words[1] != kInferredHidden) {
    refuse(file.name(), "states of " + std::to_string(words[1]) + " values, without a config.json" +
                            " they must have " + std::to_string(kInferredHidden));
  }
  std::uint64_t layers = 0;
  while (layers <= kMaxLayers && file.find(prefix + "encoder.layer." + std::to_string(layers) +
                                           ".output.dense.weight") != nullptr) {
    ++layers;
  }
  const BertConfig config{.hidden = words[1],
                          .layers = layers,
                          .heads = words[1] / kInferredHeadDim,
                          .inner = inner[0],
                          .vocabulary = words[0],
                          .positions = positions[0],
                          .types = types[0],
                          .epsilon = kEpsilon};
  require_usable(file.name(), config);
  return config;
}

std::string bert_prefix(const Safetensors& file) {
  return file.find("bert.embeddings.word_embeddings.weight") != nullptr ? "bert." : "";
}

}  // namespace ruvector::embed
