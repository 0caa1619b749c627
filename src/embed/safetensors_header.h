// The JSON header of a safetensors file.
// Thread-safe: a function of its arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "embed/tensor.h"

namespace ruvector::embed {

// What the header says of a tensor. Its bytes are [begin, end) behind the header, as many as type
// and shape need; whether the file has them is not known here.
struct TensorEntry {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::size_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// The entries in the order of the header. Throws EmbedError, which begins with `file`, for text
// that is no such header or above the limits of safetensors.h.
std::vector<TensorEntry> parse_safetensors_header(std::string_view header, const std::string& file);

}  // namespace ruvector::embed
