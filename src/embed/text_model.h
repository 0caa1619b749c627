// Text encoders from the files of a model.
// Thread-safe: functions of their arguments and of the file system.
#pragma once

#include <cstddef>
#include <memory>

#include "embed/linear.h"
#include "embed/model_source.h"
#include "embed/text_encoder.h"

namespace ruvector::embed {

struct TextModel {
  std::unique_ptr<const TextEncoder> encoder;
  std::size_t memory_bytes;  // of packed weights that are not mapped
};

// Maps the packed weights, or packs them when there is no file of them; with `keep_packed` they are
// kept in a file, unless none can be written. Throws EmbedError for files that cannot be used.
TextModel load_text_model(const ModelSource& source, LinearForm form, bool keep_packed);

}  // namespace ruvector::embed
