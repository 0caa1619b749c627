#include "ruvector/embed/model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/digest.h"

namespace ruvector {
namespace {

constexpr const char* kMinilmRevision = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41";
constexpr const char* kBgeRevision = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a";
constexpr const char* kMobilenetDigest =
    "047dcff4addef86ea5bc2eff13c9614dc11f47ab1160d0a71a25e7db994f4e1f";

Model minilm() {
  return {
      .name = "all-MiniLM-L6-v2",
      .aliases = {"sentence-transformers/all-MiniLM-L6-v2"},
      .repository = "sentence-transformers/all-MiniLM-L6-v2",
      .revision = kMinilmRevision,
      .licence = "Apache-2.0",
      .files = {{.name = "model.safetensors",
                 .size = 90'868'376,
                 .sha256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
                {.name = "tokenizer.json",
                 .size = 466'247,
                 .sha256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"}},
      .recipe = TextRecipe{.max_tokens = 256, .pooling = Pooling::mean},
  };
}

Model bge_small() {
  return {
      .name = "bge-small-en-v1.5",
      .aliases = {"BAAI/bge-small-en-v1.5"},
      .repository = "BAAI/bge-small-en-v1.5",
      .revision = kBgeRevision,
      .licence = "MIT",
      .files = {{.name = "model.safetensors",
                 .size = 133'466'304,
                 .sha256 = "3c9f31665447c8911517620762200d2245a2518d6e7208acc78cd9db317e21ad"},
                {.name = "tokenizer.json",
                 .size = 711'396,
                 .sha256 = "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"}},
      .recipe =
          TextRecipe{.max_tokens = 512,
                     .pooling = Pooling::cls,
                     .query_prefix = "Represent this sentence for searching relevant passages: "},
  };
}

// The weights IMAGENET1K_V1 of torchvision.
Model mobilenet() {
  return {
      .name = "mobilenetv3-small",
      .aliases = {"mobilenet-v3-small", "mobilenet_v3_small", "torchvision/mobilenet_v3_small"},
      .repository = "",
      .revision = kMobilenetDigest,
      .licence = "BSD-3-Clause",
      .files = {{.name = "mobilenet_v3_small-047dcff4.pth",
                 .size = 10'306'551,
                 .sha256 = kMobilenetDigest,
                 .url = "https://download.pytorch.org/models/mobilenet_v3_small-047dcff4.pth"}},
      .recipe = ImageRecipe{},
  };
}

// The shortest text that means exactly this value, in every locale.
std::string exact(float value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string exact(const std::array<float, 3>& values) {
  return exact(values[0]) + "," + exact(values[1]) + "," + exact(values[2]);
}

std::string text_of(const TextRecipe& recipe) {
  return "text\nmax_tokens " + std::to_string(recipe.max_tokens) + "\npooling " +
         (recipe.pooling == Pooling::mean ? "mean" : "cls") + "\nquery_prefix " +
         std::to_string(recipe.query_prefix.size()) + " " + recipe.query_prefix + "\nlength 1\n";
}

std::string text_of(const ImageRecipe& recipe) {
  return "image mobilenetv3-small\nresize " + std::to_string(recipe.resize) + "\ncrop " +
         std::to_string(recipe.crop) + "\nmean " + exact(recipe.mean) + "\ndeviation " +
         exact(recipe.deviation) + "\nlength 1\n";
}

}  // namespace

// docs/formats/recipe_digest.md
std::string Model::recipe_digest() const {
  std::vector<std::string> lines;
  lines.reserve(files.size());
  for (const ModelFile& file : files) lines.push_back(file.name + " " + file.sha256 + "\n");
  std::ranges::sort(lines);
  base::Hasher hasher(base::Hasher::Algorithm::sha256);
  hasher.update("ruvector-recipe-v1\n");
  hasher.update(std::visit([](const auto& one) { return text_of(one); }, recipe));
  for (const std::string& line : lines) hasher.update(line);
  return base::to_hex(hasher.finish());
}

std::span<const Model> known_models() {
  static const std::array<Model, 3> models = {minilm(), bge_small(), mobilenet()};
  return models;
}

const Model* find_model(std::string_view name) {
  const auto models = known_models();
  const auto found = std::ranges::find_if(models, [&](const Model& model) {
    return model.name == name || std::ranges::find(model.aliases, name) != model.aliases.end();
  });
  return found == models.end() ? nullptr : &*found;
}

}  // namespace ruvector
