#include "embed/model_source.h"

#include <array>
#include <optional>
#include <system_error>
#include <utility>

#include "base/path_text.h"
#include "embed/config_file.h"
#include "embed/image_model.h"
#include "embed/verified_files.h"
#include "kernels/encoder_kernels.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kTokenizer = "tokenizer.json";
constexpr const char* kConfig = "config.json";
constexpr const char* kImageWeights = "mobilenet_v3_small-047dcff4.pth";  // as torchvision names it
constexpr const char* kPooling = "1_Pooling/config.json";

ModelSource known_source(const Model& model) {
  const std::vector<fs::path> paths = find_model_files(model);
  ModelSource source{model, {}, {}, {}, true};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    fs::path& place = model.files[i].name == kTokenizer ? source.tokenizer : source.weights;
    place = paths[i];
  }
  return source;
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// sentence-transformers' flags, of which one is true.
Pooling pooling_in(const fs::path& directory) {
  const std::optional<ConfigFile> file = ConfigFile::open(directory / kPooling);
  if (!file) return Pooling::mean;
  const bool is_cls = file->flag("pooling_mode_cls_token").value_or(false);
  const bool is_mean = file->flag("pooling_mode_mean_tokens").value_or(false);
  constexpr std::array kOthers = {"pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens",
                                  "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"};
  bool is_other = false;
  for (const char* key : kOthers) is_other = is_other || file->flag(key).value_or(false);
  if (is_cls == is_mean || is_other) {
    throw EmbedError(file->name() + ": the pooling is neither that of [CLS] nor the mean");
  }
  return is_cls ? Pooling::cls : Pooling::mean;
}

// What sentence-transformers says, else the tokenizer's limit, else what there are positions for.
std::size_t max_tokens_in(const fs::path& directory) {
  if (const auto file = ConfigFile::open(directory / "sentence_bert_config.json")) {
    if (const auto tokens = file->count("max_seq_length")) return *tokens;
  }
  if (const auto file = ConfigFile::open(directory / "tokenizer_config.json")) {
    // Without a limit the value is a huge float.
    const std::optional<double> tokens = file->number("model_max_length");
    if (tokens && *tokens >= 2 && *tokens <= 1e6) return static_cast<std::size_t>(*tokens);
  }
  return kernels::kAttentionTokens;
}

std::string query_prefix_in(const fs::path& directory) {
  const auto file = ConfigFile::open(directory / "config_sentence_transformers.json");
  return file ? file->text("prompts.query").value_or("") : "";
}

// False for a file that is not there or cannot be read: the caller tells of that.
bool holds_images(const fs::path& weights) {
  try {
    return are_of_images(Safetensors::open(weights));
  } catch (const EmbedError&) {
    return false;
  }
}

ModelSource image_source(const fs::path& directory, const char* weights) {
  ModelSource source;
  source.model.name = base::path_text(directory);
  source.model.recipe = ImageRecipe{};
  source.weights = directory / weights;
  return source;
}

ModelSource directory_source(const fs::path& directory) {
  if (is_file(directory / kImageWeights)) return image_source(directory, kImageWeights);
  if (!is_file(directory / kTokenizer) && holds_images(directory / kWeights)) {
    return image_source(directory, kWeights);
  }
  std::string missing;
  for (const char* name : {kWeights, kTokenizer}) {
    if (!is_file(directory / name)) missing += std::string(missing.empty() ? "" : ", ") + name;
  }
  if (!missing.empty()) {
    throw ModelNotFound("model directory " + base::path_text(directory) + ": missing " + missing);
  }
  ModelSource source;
  source.model.name = base::path_text(directory);
  source.weights = directory / kWeights;
  source.tokenizer = directory / kTokenizer;
  if (is_file(directory / kConfig)) source.config = directory / kConfig;
  source.model.recipe = TextRecipe{.max_tokens = max_tokens_in(directory),
                                   .pooling = pooling_in(directory),
                                   .query_prefix = query_prefix_in(directory)};
  return source;
}

// Whether the sizes in `config` are those that are inferred without it. Then it decides nothing,
// and a copy of a known model is that model.
bool follows_from(const Safetensors& weights, const fs::path& config) {
  const std::optional<ConfigFile> file = ConfigFile::open(config);
  if (!file) return true;
  try {
    return bert_config(weights) == bert_config(*file);
  } catch (const EmbedError&) {
    return false;
  }
}

[[noreturn]] void refuse_name(const std::string& name) {
  std::string names;
  for (const Model& model : known_models()) {
    if (!names.empty()) names += ", ";
    names += model.name;
  }
  throw ModelNotFound("'" + name + "' is neither a known model (" + names + ") nor a directory");
}

}  // namespace

ModelSource find_model_source(const std::string& name_or_directory) {
  if (const Model* model = find_model(name_or_directory)) return known_source(*model);
  std::error_code error;
  const fs::path directory = base::path_of_text(name_or_directory);
  if (directory.empty() || !fs::is_directory(directory, error)) refuse_name(name_or_directory);
  return directory_source(directory);
}

Model with_digests(const ModelSource& source) {
  Model model = source.model;
  if (source.is_known) return model;
  std::vector<fs::path> files = {source.weights};
  if (!source.tokenizer.empty()) files.push_back(source.tokenizer);
  if (!source.config.empty() && !follows_from(Safetensors::open(source.weights), source.config)) {
    files.push_back(source.config);
  }
  for (const fs::path& path : files) {
    model.files.push_back(
        {base::path_text(path.filename()), fs::file_size(path), sha256_of_file(path)});
  }
  return model;
}

BertConfig bert_config(const ModelSource& source, const Safetensors& weights) {
  if (!source.config.empty()) {
    if (const auto file = ConfigFile::open(source.config)) return bert_config(*file);
  }
  return bert_config(weights);
}

}  // namespace ruvector::embed
