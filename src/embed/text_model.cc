#include "embed/text_model.h"

#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/checksum.h"
#include "base/mapped_file.h"
#include "base/parallel.h"
#include "base/path_text.h"
#include "embed/packed_weights.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const base::MappedFile> map(const fs::path& path) {
  try {
    return base::MappedFile::open(path);
  } catch (const PersistError& error) {
    throw EmbedError(error.what());
  }
}

WordPieces read_word_pieces(const fs::path& path) {
  const std::shared_ptr<const base::MappedFile> file = map(path);
  try {
    return WordPieces::from_json({reinterpret_cast<const char*>(file->data()), file->size()});
  } catch (const EmbedError& error) {
    throw EmbedError(base::path_text(path) + ": " + error.what());
  }
}

// Which bytes the weights are: of a known model it is known, of a directory they are read.
std::string identity_of(const ModelSource& source, const base::MappedFile& weights) {
  if (source.is_known) return source.model.files[0].sha256;
  const base::Checksum128 checksum = base::checksum128(weights.data(), weights.size());
  return std::to_string(checksum.high) + " " + std::to_string(checksum.low);
}

// docs/formats/packed_weights.md
PackedKey key_of(const std::string& identity, const BertConfig& config, LinearForm form) {
  std::string text = "ruvector packed bert " + std::to_string(kPackedVersion) + "\n" + identity +
                     "\n" + std::to_string(static_cast<std::uint32_t>(form)) + "\n";
  for (const std::uint64_t size : {config.hidden, config.layers, config.heads, config.inner,
                                   config.vocabulary, config.positions, config.types}) {
    text += std::to_string(size) + " ";
  }
  base::Hasher hasher(base::Hasher::Algorithm::sha256);
  hasher.update(text);
  hasher.update(&config.epsilon, sizeof(config.epsilon));
  return hasher.finish();
}

// The encoder of a packed file; none when there is no such file or it is of no use.
std::optional<BertEncoder> load_packed(const fs::path& path, const PackedKey& key,
                                       const Safetensors& weights, const BertConfig& config,
                                       LinearForm form) {
  std::optional<PartReader> parts = read_packed(path, key);
  if (!parts) return std::nullopt;
  try {
    BertEncoder encoder = BertEncoder::load(*parts, weights, config, form);
    if (parts->empty()) return encoder;
  } catch (const EmbedError&) {
    return std::nullopt;  // it is packed anew
  }
  return std::nullopt;
}

// False when the cache cannot be written: that costs time at the next start, no more.
bool try_write_packed(const fs::path& path, const PackedKey& key, const BertEncoder& encoder) {
  Parts parts;
  encoder.put(parts);
  try {
    write_packed(path, key, parts);
  } catch (const PersistError&) {
    return false;
  }
  return true;
}

// For people who look into the cache; the key alone tells files apart.
std::string short_name(const ModelSource& source) {
  if (source.is_known) return source.model.name;
  std::error_code error;
  return base::path_text(
      fs::weakly_canonical(base::path_of_text(source.model.name), error).filename());
}

std::size_t size_of_parts(const BertEncoder& encoder) {
  Parts parts;
  encoder.put(parts);
  std::size_t size = 0;
  for (const std::span<const std::byte> part : parts.all()) size += part.size();
  return size;
}

struct LoadedBert {
  BertEncoder encoder;
  std::size_t memory_bytes;
};

LoadedBert load_bert(const ModelSource& source, LinearForm form, bool keep_packed) {
  const std::shared_ptr<const base::MappedFile> file = map(source.weights);
  const Safetensors weights =
      Safetensors::parse(file->bytes(), file, base::path_text(source.weights));
  const BertConfig config = bert_config(source, weights);
  if (!keep_packed) {
    BertEncoder encoder = BertEncoder::pack(weights, config, form);
    const std::size_t size = size_of_parts(encoder);
    return {std::move(encoder), size};
  }
  const PackedKey key = key_of(identity_of(source, *file), config, form);
  const fs::path path = packed_path(short_name(source), key);
  if (auto mapped = load_packed(path, key, weights, config, form)) return {*std::move(mapped), 0};
  BertEncoder encoder = BertEncoder::pack(weights, config, form);
  if (try_write_packed(path, key, encoder)) {
    // From the file, so that processes share the pages.
    if (auto mapped = load_packed(path, key, weights, config, form)) {
      return {*std::move(mapped), 0};
    }
  }
  const std::size_t size = size_of_parts(encoder);
  return {std::move(encoder), size};
}

}  // namespace

TextModel load_text_model(const ModelSource& source, LinearForm form, bool keep_packed) {
  std::optional<WordPieces> pieces;
  std::optional<LoadedBert> bert;
  base::parallel_for(2, 0, [&](std::size_t task, std::size_t) {
    if (task == 0) {
      bert = load_bert(source, form, keep_packed);
    } else {
      pieces = read_word_pieces(source.tokenizer);
    }
  });
  return {std::make_unique<const TextEncoder>(*std::move(pieces), std::move(bert->encoder),
                                              std::get<TextRecipe>(source.model.recipe)),
          bert->memory_bytes};
}

}  // namespace ruvector::embed
