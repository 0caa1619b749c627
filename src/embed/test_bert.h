// BERT encoders with random weights for tests, and a plain forward pass in double precision that
// shares no code with the library's.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "embed/bert_config.h"
#include "embed/safetensors.h"
#include "embed/tensor.h"

namespace ruvector::embed {

inline constexpr BertConfig kSmallBert{.hidden = 64,
                                       .layers = 2,
                                       .heads = 4,
                                       .inner = 128,
                                       .vocabulary = 100,
                                       .positions = 40,
                                       .types = 2,
                                       .epsilon = 1e-12};

// Seeded weights of the sizes of `config`, by their names in model files.
class RandomBert {
 public:
  struct Weights {
    std::vector<std::size_t> shape;
    std::vector<float> values;
  };

  explicit RandomBert(const BertConfig& config = kSmallBert, std::uint32_t seed = 7)
      : config_(config), random_(seed) {
    const std::size_t dim = config.hidden;
    add("embeddings.word_embeddings.weight", {config.vocabulary, dim}, 0.05f);
    add("embeddings.position_embeddings.weight", {config.positions, dim}, 0.05f);
    add("embeddings.token_type_embeddings.weight", {config.types, dim}, 0.05f);
    add_norm("embeddings.LayerNorm");
    for (std::size_t i = 0; i < config.layers; ++i) {
      const std::string layer = "encoder.layer." + std::to_string(i);
      for (const char* part : {"query", "key", "value"}) {
        add_dense(layer + ".attention.self." + part, dim, dim);
      }
      add_dense(layer + ".attention.output.dense", dim, dim);
      add_norm(layer + ".attention.output.LayerNorm");
      add_dense(layer + ".intermediate.dense", dim, config.inner);
      add_dense(layer + ".output.dense", config.inner, dim);
      add_norm(layer + ".output.LayerNorm");
    }
  }

  const BertConfig& config() const { return config_; }
  std::map<std::string, Weights>& weights() { return weights_; }
  const Weights& weights(const std::string& name) const { return weights_.at(name); }

  // Views of the weights, their names behind `prefix`.
  std::vector<Tensor> tensors(const std::string& prefix = "") const {
    std::vector<Tensor> tensors;
    for (const auto& [name, weights] : weights_) {
      tensors.push_back({prefix + name, ElementType::float32, weights.shape,
                         std::as_bytes(std::span(weights.values))});
    }
    return tensors;
  }

 private:
  void add(const std::string& name, std::vector<std::size_t> shape, float deviation,
           float mean = 0) {
    std::normal_distribution<float> normal(mean, deviation);
    std::vector<float> values(count_of(shape));
    for (float& value : values) value = normal(random_);
    weights_[name] = {std::move(shape), std::move(values)};
  }
  void add_norm(const std::string& name) {
    add(name + ".weight", {config_.hidden}, 0.1f, 1.0f);
    add(name + ".bias", {config_.hidden}, 0.1f);
  }
  void add_dense(const std::string& name, std::size_t inputs, std::size_t outputs) {
    // Scores of attention are then of the order of 1, so that it is not all the same.
    add(name + ".weight", {outputs, inputs}, 1.5f / std::sqrt(static_cast<float>(inputs)));
    add(name + ".bias", {outputs}, 0.1f);
  }

  BertConfig config_;
  std::mt19937 random_;
  std::map<std::string, Weights> weights_;
};

// The network as the paper has it, in double precision.
class PlainBert {
 public:
  using Rows = std::vector<std::vector<double>>;

  explicit PlainBert(const RandomBert& bert) : bert_(bert) {}

  // The states of the last layer, a row for each token.
  Rows operator()(const std::vector<std::uint32_t>& ids) const {
    Rows x;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      std::vector<double> row = row_of("embeddings.word_embeddings.weight", ids[i]);
      add_to(row, row_of("embeddings.position_embeddings.weight", i));
      add_to(row, row_of("embeddings.token_type_embeddings.weight", 0));
      x.push_back(norm(std::move(row), "embeddings.LayerNorm"));
    }
    for (std::size_t i = 0; i < bert_.config().layers; ++i) {
      x = layer(x, "encoder.layer." + std::to_string(i));
    }
    return x;
  }

 private:
  std::vector<double> row_of(const std::string& name, std::size_t row) const {
    const RandomBert::Weights& table = bert_.weights(name);
    const std::size_t width = table.shape.back();
    const auto begin = table.values.begin() + static_cast<std::ptrdiff_t>(row * width);
    return {begin, begin + static_cast<std::ptrdiff_t>(width)};
  }
  static void add_to(std::vector<double>& to, const std::vector<double>& what) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += what[i];
  }

  std::vector<double> norm(std::vector<double> x, const std::string& name) const {
    const double size = static_cast<double>(x.size());
    double mean = 0;
    for (const double value : x) mean += value / size;
    double variance = 0;
    for (const double value : x) variance += (value - mean) * (value - mean) / size;
    const std::vector<double> scale = row_of(name + ".weight", 0);
    const std::vector<double> shift = row_of(name + ".bias", 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = (x[i] - mean) / std::sqrt(variance + bert_.config().epsilon) * scale[i] + shift[i];
    }
    return x;
  }

  std::vector<double> dense(const std::vector<double>& x, const std::string& name) const {
    std::vector<double> out = row_of(name + ".bias", 0);
    const std::vector<float>& weights = bert_.weights(name + ".weight").values;
    for (std::size_t i = 0; i < out.size(); ++i) {
      for (std::size_t k = 0; k < x.size(); ++k) out[i] += x[k] * double{weights[i * x.size() + k]};
    }
    return out;
  }

  Rows dense(const Rows& x, const std::string& name) const {
    Rows out;
    for (const std::vector<double>& row : x) out.push_back(dense(row, name));
    return out;
  }

  Rows attend(const Rows& queries, const Rows& keys, const Rows& values) const {
    const std::size_t dim = bert_.config().head_dim();
    Rows out(queries.size(), std::vector<double>(bert_.config().hidden, 0.0));
    for (std::size_t head = 0; head < bert_.config().heads; ++head) {
      for (std::size_t i = 0; i < queries.size(); ++i) {
        std::vector<double> shares;
        double total = 0;
        for (const std::vector<double>& key : keys) {
          double score = 0;
          for (std::size_t d = head * dim; d < (head + 1) * dim; ++d) {
            score += queries[i][d] * key[d];
          }
          shares.push_back(std::exp(score / std::sqrt(static_cast<double>(dim))));
          total += shares.back();
        }
        for (std::size_t j = 0; j < keys.size(); ++j) {
          for (std::size_t d = head * dim; d < (head + 1) * dim; ++d) {
            out[i][d] += shares[j] / total * values[j][d];
          }
        }
      }
    }
    return out;
  }

  Rows layer(const Rows& x, const std::string& name) const {
    const std::string self = name + ".attention.self.";
    Rows sums = attend(dense(x, self + "query"), dense(x, self + "key"), dense(x, self + "value"));
    sums = dense(sums, name + ".attention.output.dense");
    Rows out;
    for (std::size_t i = 0; i < x.size(); ++i) {
      add_to(sums[i], x[i]);
      const std::vector<double> mixed = norm(sums[i], name + ".attention.output.LayerNorm");
      std::vector<double> inner = dense(mixed, name + ".intermediate.dense");
      for (double& value : inner) value *= std::erfc(-value / std::sqrt(2.0)) / 2;
      std::vector<double> outer = dense(inner, name + ".output.dense");
      add_to(outer, mixed);
      out.push_back(norm(std::move(outer), name + ".output.LayerNorm"));
    }
    return out;
  }

  const RandomBert& bert_;
};

}  // namespace ruvector::embed
