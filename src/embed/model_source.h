// Where a model's bytes lie and how they are to be used: of a known model, or of a directory.
#pragma once

#include <filesystem>
#include <string>

#include "embed/bert_config.h"
#include "embed/safetensors.h"
#include "ruvector/embed/model.h"

namespace ruvector::embed {

// A copyable value.
struct ModelSource {
  // Of a directory, a model whose name is its path; the digests of its files are empty.
  Model model;
  std::filesystem::path weights;
  std::filesystem::path tokenizer;  // none for models of images
  std::filesystem::path config;     // config.json; none for known models, which need it not
  bool is_known = false;
};

// Looks a known model up by its name, else a directory in the layout of the Hugging Face hub; of
// sentence-transformers' files there it takes the pooling, the limit of tokens and the prefix of
// queries. Throws as Embedder::from_pretrained does.
ModelSource find_model_source(const std::string& name_or_directory);

// The same with the digests of all files, which are read for it.
Model with_digests(const ModelSource& source);

// The sizes of the network in `weights`, which are those of `source`.
BertConfig bert_config(const ModelSource& source, const Safetensors& weights);

}  // namespace ruvector::embed
