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

// Bytes of one element.
std::size_t size_of(ElementType type) noexcept;

// "F32", "F16", "BF16", "I64".
const char* name_of(ElementType type) noexcept;

// "[384, 1536]", for messages.
std::string describe(std::span<const std::size_t> shape);

// The product of `shape`, 1 for none. Of a tensor in hand it cannot overflow.
std::size_t count_of(std::span<const std::size_t> shape) noexcept;

// Writes elements [first, first + out.size()) as float32, exactly. They must exist; the bytes need
// no alignment. Throws EmbedError for whole numbers.
void copy_floats(const Tensor& tensor, std::size_t first, std::span<float> out);

}  // namespace ruvector::embed
