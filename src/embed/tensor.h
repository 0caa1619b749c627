// A named array of numbers in a model file.
// Thread-safe: a view is a value; the memory it points to belongs to the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ruvector::embed {

enum class ElementType : std::uint32_t { float32, float16, bfloat16, int64 };

struct Tensor {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::size_t> shape;    // row-major, no gaps
  std::span<const std::byte> bytes;  // product of shape * size of the element, little-endian
};

}  // namespace ruvector::embed
