#include "embed/bert_encoder.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "embed/input_ranges.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

// The table of positions with the first type of token, which all tokens are of, added.
base::Array<float> pack_positions(const Safetensors& file, const std::string& prefix,
                                  const BertConfig& config) {
  const std::array<std::size_t, 2> positions_shape = {config.positions, config.hidden};
  const std::array<std::size_t, 2> types_shape = {config.types, config.hidden};
  base::Array<float> table(config.positions * config.hidden);
  float* out = table.mutable_data();
  copy_floats(file.floats(prefix + "embeddings.position_embeddings.weight", positions_shape), 0,
              {out, table.size()});
  std::vector<float> type(config.hidden);
  copy_floats(file.floats(prefix + "embeddings.token_type_embeddings.weight", types_shape), 0,
              type);
  for (std::size_t i = 0; i < table.size(); ++i) out[i] += type[i % config.hidden];
  return table;
}

// Which inputs of the linear layers are large shows on any text, so it takes no real one: these are
// words from all over the vocabulary. (Chosen by 100 real sentences, other inputs are exact, and
// the vectors are no better: docs/decisions/0018-integer-precisions.md.)
InputRanges sample_input_ranges(const Safetensors& file, const BertConfig& config) {
  constexpr std::size_t kTexts = 8;
  const BertEncoder encoder = BertEncoder::pack(file, config, LinearForm::float32);
  const std::size_t length = std::min<std::size_t>(16, encoder.max_tokens());
  const std::size_t words = kTexts * length;
  std::vector<std::uint32_t> ids(words);
  for (std::size_t i = 0; i < words; ++i) {
    const std::size_t number = i % length * kTexts + i / length;  // a text has some of each part
    ids[i] = static_cast<std::uint32_t>(number * config.vocabulary / words);
  }
  const std::vector<std::uint32_t> lengths(kTexts, static_cast<std::uint32_t>(length));
  InputRanges ranges;
  BertScratch scratch;
  scratch.watch(&ranges);
  Crew crew;
  encoder.encode(kernels::active(), {ids, lengths}, crew, scratch);
  return ranges;
}

}  // namespace

BertEncoder::BertEncoder(const Safetensors& file, const BertConfig& config)
    : config_(config),
      file_(file.owner()),
      words_(file.floats(bert_prefix(file) + "embeddings.word_embeddings.weight",
                         std::array<std::size_t, 2>{config.vocabulary, config.hidden})) {}

BertEncoder BertEncoder::pack(const Safetensors& file, const BertConfig& config, LinearForm form) {
  const std::string prefix = bert_prefix(file);
  BertEncoder encoder(file, config);
  encoder.positions_ = pack_positions(file, prefix, config);
  encoder.norm_ = NormWeights::read(file, prefix + "embeddings.LayerNorm", config.hidden);
  const InputRanges ranges =
      form == LinearForm::int8 ? sample_input_ranges(file, config) : InputRanges();
  for (std::size_t i = 0; i < config.layers; ++i) {
    BertLayer::Packing packing{form};
    if (form == LinearForm::int8) {
      const std::size_t first = i * BertLayer::kLinearLayers;
      packing = {form, ranges.of(first), ranges.of(first + 1), ranges.of(first + 2),
                 ranges.of(first + 3)};
    }
    encoder.layers_.push_back(
        BertLayer::pack(file, prefix + "encoder.layer." + std::to_string(i), config, packing));
  }
  return encoder;
}

BertEncoder BertEncoder::load(PartReader& parts, const Safetensors& file, const BertConfig& config,
                              LinearForm form) {
  BertEncoder encoder(file, config);
  encoder.positions_ = parts.take<float>(config.positions * config.hidden);
  encoder.norm_ = NormWeights::load(parts, config.hidden);
  for (std::size_t i = 0; i < config.layers; ++i) {
    encoder.layers_.push_back(BertLayer::load(parts, config, form));
  }
  return encoder;
}

void BertEncoder::put(Parts& parts) const {
  parts.put(positions_);
  norm_.put(parts);
  for (const BertLayer& layer : layers_) layer.put(parts);
}

std::size_t BertEncoder::max_tokens() const noexcept {
  return std::min<std::size_t>(config_.positions, kernels::kAttentionTokens);
}

std::span<const float> BertEncoder::encode(const kernels::KernelTable& kernels,
                                           const TokenGroup& group, Crew& crew,
                                           BertScratch& scratch) const {
  scratch.prepare(config_, group.lengths, crew.size());
  for (const BertLayer& layer : layers_) {
    scratch.reserve_linear(layer.linear_scratch_bytes(scratch.tokens()));
  }
  look_up(kernels, group, scratch.states());
  for (const BertLayer& layer : layers_) layer.apply(kernels, config_, crew, scratch);
  return {scratch.states(), scratch.tokens() * config_.hidden};
}

void BertEncoder::look_up(const kernels::KernelTable& kernels, const TokenGroup& group,
                          float* states) const {
  const std::size_t dim = config_.hidden;
  for (std::size_t i = 0; i < group.ids.size(); ++i) {
    if (group.ids[i] >= config_.vocabulary) {
      throw EmbedError("token " + std::to_string(group.ids[i]) + " is not below the " +
                       std::to_string(config_.vocabulary) + " words of the model");
    }
    copy_floats(words_, group.ids[i] * dim, {states + i * dim, dim});
  }
  for (const std::uint32_t length : group.lengths) {
    kernels.encoder.layer_norm(states, nullptr, positions_.data(), length, dim, norm_.scale.data(),
                               norm_.shift.data(), static_cast<float>(config_.epsilon), states);
    states += length * dim;
  }
}

}  // namespace ruvector::embed
