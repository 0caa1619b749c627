#include "embed/tensor.h"

#include <bit>
#include <cstring>

#include "base/float16.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

std::uint16_t half_at(const std::byte* bytes, std::size_t i) noexcept {
  std::uint16_t half = 0;
  std::memcpy(&half, bytes + 2 * i, sizeof(half));
  return half;
}

}  // namespace

std::size_t size_of(ElementType type) noexcept {
  switch (type) {
    case ElementType::float32:
      return 4;
    case ElementType::int64:
      return 8;
    case ElementType::float16:
    case ElementType::bfloat16:
      break;
  }
  return 2;
}

const char* name_of(ElementType type) noexcept {
  switch (type) {
    case ElementType::float32:
      return "F32";
    case ElementType::float16:
      return "F16";
    case ElementType::bfloat16:
      return "BF16";
    case ElementType::int64:
      break;
  }
  return "I64";
}

std::string describe(std::span<const std::size_t> shape) {
  std::string text = "[";
  for (const std::size_t extent : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent);
  }
  return text + "]";
}

std::size_t count_of(std::span<const std::size_t> shape) noexcept {
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  return count;
}

void copy_floats(const Tensor& tensor, std::size_t first, std::span<float> out) {
  const std::byte* bytes = tensor.bytes.data() + first * size_of(tensor.type);
  switch (tensor.type) {
    case ElementType::float32:
      if (!out.empty()) std::memcpy(out.data(), bytes, out.size_bytes());
      return;
    case ElementType::float16:
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = base::half_to_float(half_at(bytes, i));
      return;
    case ElementType::bfloat16:
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(half_at(bytes, i)) << 16);
      }
      return;
    case ElementType::int64:
      break;
  }
  throw EmbedError("tensor " + tensor.name + " is I64, must be F32, F16 or BF16");
}

}  // namespace ruvector::embed
