#include "embed/bert_layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace ruvector::embed {

using kernels::Activation;
using kernels::KernelTable;

namespace {

// For each member of a crew: more pieces level out what one takes longer for, fewer cost less.
constexpr std::size_t kPiecesPerMember = 4;
constexpr std::size_t kNormRows = 32;  // rows that are worth sharing out

// Appends a tensor of a model to `values`, scaled.
void append(const Safetensors& file, const std::string& name, std::span<const std::size_t> shape,
            float scale, std::vector<float>& values) {
  const Tensor& tensor = file.floats(name, shape);
  const std::size_t begin = values.size();
  values.resize(begin + count_of(shape));
  const std::span<float> added = std::span(values).subspan(begin);
  copy_floats(tensor, 0, added);
  for (float& value : added) value *= scale;
}

base::Array<float> read_vector(const Safetensors& file, const std::string& name, std::size_t size) {
  const std::array shape = {size};
  base::Array<float> values(size);
  copy_floats(file.floats(name, shape), 0, {values.mutable_data(), size});
  return values;
}

// The three projections as one layer: one product instead of three.
std::unique_ptr<const Linear> pack_query_key_value(const Safetensors& file, const std::string& name,
                                                   const BertConfig& config,
                                                   const BertLayer::Packing& packing) {
  const std::size_t dim = config.hidden;
  const float query_scale = 1.0f / std::sqrt(static_cast<float>(config.head_dim()));
  const std::array matrix = {dim, dim};
  const std::array vector = {dim};
  std::vector<float> weights;
  std::vector<float> bias;
  for (const char* part : {"query", "key", "value"}) {
    const std::string tensor = name + ".attention.self." + part;
    const float scale = bias.empty() ? query_scale : 1.0f;
    append(file, tensor + ".weight", matrix, scale, weights);
    append(file, tensor + ".bias", vector, scale, bias);
  }
  return pack_linear({dim, 3 * dim, weights, bias, Activation::none, packing.query_key_value},
                     packing.form);
}

// A layer whose bias, when `activation` is none, is left to the norm that follows.
std::unique_ptr<const Linear> pack_dense(const Safetensors& file, const std::string& name,
                                         std::size_t inputs, std::size_t outputs,
                                         Activation activation, LinearForm form,
                                         std::span<const float> input_ranges) {
  const std::array matrix = {outputs, inputs};
  const std::array vector = {outputs};
  std::vector<float> weights;
  std::vector<float> bias;
  append(file, name + ".weight", matrix, 1.0f, weights);
  if (activation != Activation::none) append(file, name + ".bias", vector, 1.0f, bias);
  return pack_linear({inputs, outputs, weights, bias, activation, input_ranges}, form);
}

void multiply(const KernelTable& kernels, const Linear& linear, const float* x, float* out,
              Crew& crew, BertScratch& scratch) {
  const FloatRows rows{x, linear.inputs(), scratch.tokens()};
  if (scratch.watching() != nullptr) scratch.watching()->see(rows, linear.inputs());
  linear.prepare(kernels, rows, scratch.linear());
  const std::size_t grain =
      std::max<std::size_t>(1, linear.panels() / (kPiecesPerMember * crew.size()));
  crew.share(linear.panels(), grain, [&](std::size_t begin, std::size_t end, std::size_t) {
    linear.apply(kernels, rows, {begin, end}, out, linear.outputs(), scratch.linear());
  });
}

// From queries, keys and values in scratch.wide() to scratch.mixed(), by text and head.
void attend(const KernelTable& kernels, const BertConfig& config, Crew& crew,
            BertScratch& scratch) {
  const std::size_t pairs = scratch.texts() * config.heads;
  const std::size_t grain = std::max<std::size_t>(1, pairs / (kPiecesPerMember * crew.size()));
  crew.share(pairs, grain, [&](std::size_t first, std::size_t last, std::size_t member) {
    for (std::size_t pair = first; pair < last; ++pair) {
      const std::size_t text = pair / config.heads;
      const std::size_t column = pair % config.heads * config.head_dim();
      const std::size_t row = scratch.begin(text);
      const float* queries = scratch.wide() + row * 3 * config.hidden + column;
      kernels.encoder.attention({.queries = queries,
                                 .keys = queries + config.hidden,
                                 .values = queries + 2 * config.hidden,
                                 .stride = 3 * config.hidden,
                                 .tokens = scratch.begin(text + 1) - row,
                                 .head_dim = config.head_dim(),
                                 .scratch = scratch.attention(member),
                                 .out = scratch.mixed() + row * config.hidden + column,
                                 .out_stride = config.hidden});
    }
  });
}

LinearShape shape_of(std::uint64_t inputs, std::uint64_t outputs, bool has_bias,
                     Activation activation, LinearForm form) {
  return {inputs, outputs, activation, form, has_bias ? 1u : 0u};
}

}  // namespace

NormWeights NormWeights::read(const Safetensors& file, const std::string& name, std::size_t dim) {
  return {read_vector(file, name + ".weight", dim), read_vector(file, name + ".bias", dim)};
}

NormWeights NormWeights::load(PartReader& parts, std::size_t dim) {
  base::Array<float> scale = parts.take<float>(dim);
  return {std::move(scale), parts.take<float>(dim)};
}

void NormWeights::put(Parts& parts) const {
  parts.put(scale);
  parts.put(shift);
}

BertLayer BertLayer::pack(const Safetensors& file, const std::string& name,
                          const BertConfig& config, const Packing& packing) {
  const std::size_t dim = config.hidden;
  const LinearForm form = packing.form;
  BertLayer layer;
  layer.query_key_value_ = pack_query_key_value(file, name, config, packing);
  const std::string attention = name + ".attention.output";
  layer.attention_output_ = pack_dense(file, attention + ".dense", dim, dim, Activation::none, form,
                                       packing.attention_output);
  layer.attention_bias_ = read_vector(file, attention + ".dense.bias", dim);
  layer.attention_norm_ = NormWeights::read(file, attention + ".LayerNorm", dim);
  layer.inner_ = pack_dense(file, name + ".intermediate.dense", dim, config.inner, Activation::gelu,
                            form, packing.inner);
  layer.outer_ = pack_dense(file, name + ".output.dense", config.inner, dim, Activation::none, form,
                            packing.outer);
  layer.outer_bias_ = read_vector(file, name + ".output.dense.bias", dim);
  layer.outer_norm_ = NormWeights::read(file, name + ".output.LayerNorm", dim);
  return layer;
}

BertLayer BertLayer::load(PartReader& parts, const BertConfig& config, LinearForm form) {
  const std::size_t dim = config.hidden;
  const auto none = Activation::none;
  BertLayer layer;
  layer.query_key_value_ = load_linear(parts, shape_of(dim, 3 * dim, true, none, form));
  layer.attention_output_ = load_linear(parts, shape_of(dim, dim, false, none, form));
  layer.attention_bias_ = parts.take<float>(dim);
  layer.attention_norm_ = NormWeights::load(parts, dim);
  layer.inner_ = load_linear(parts, shape_of(dim, config.inner, true, Activation::gelu, form));
  layer.outer_ = load_linear(parts, shape_of(config.inner, dim, false, none, form));
  layer.outer_bias_ = parts.take<float>(dim);
  layer.outer_norm_ = NormWeights::load(parts, dim);
  return layer;
}

void BertLayer::put(Parts& parts) const {
  query_key_value_->put(parts);
  attention_output_->put(parts);
  parts.put(attention_bias_);
  attention_norm_.put(parts);
  inner_->put(parts);
  outer_->put(parts);
  parts.put(outer_bias_);
  outer_norm_.put(parts);
}

void BertLayer::apply(const KernelTable& kernels, const BertConfig& config, Crew& crew,
                      BertScratch& scratch) const {
  multiply(kernels, *query_key_value_, scratch.states(), scratch.wide(), crew, scratch);
  attend(kernels, config, crew, scratch);
  multiply(kernels, *attention_output_, scratch.mixed(), scratch.sums(), crew, scratch);
  add_and_normalise(kernels, config, crew, scratch, attention_bias_, attention_norm_);
  multiply(kernels, *inner_, scratch.states(), scratch.wide(), crew, scratch);
  multiply(kernels, *outer_, scratch.wide(), scratch.sums(), crew, scratch);
  add_and_normalise(kernels, config, crew, scratch, outer_bias_, outer_norm_);
}

void BertLayer::add_and_normalise(const KernelTable& kernels, const BertConfig& config, Crew& crew,
                                  BertScratch& scratch, const base::Array<float>& bias,
                                  const NormWeights& norm) {
  const std::size_t dim = config.hidden;
  crew.share(scratch.tokens(), kNormRows, [&](std::size_t begin, std::size_t end, std::size_t) {
    float* states = scratch.states() + begin * dim;
    kernels.encoder.layer_norm(scratch.sums() + begin * dim, bias.data(), states, end - begin, dim,
                               norm.scale.data(), norm.shift.data(),
                               static_cast<float>(config.epsilon), states);
  });
}

std::size_t BertLayer::linear_scratch_bytes(std::size_t rows) const noexcept {
  return std::max({query_key_value_->scratch_bytes(rows), attention_output_->scratch_bytes(rows),
                   inner_->scratch_bytes(rows), outer_->scratch_bytes(rows)});
}

}  // namespace ruvector::embed
