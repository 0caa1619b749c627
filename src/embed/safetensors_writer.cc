// Writing of safetensors files.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "base/atomic_file.h"
#include "embed/safetensors.h"

namespace ruvector::embed {
namespace {

[[noreturn]] void refuse(const Tensor& tensor, const std::string& reason) {
  throw std::invalid_argument("write_safetensors: tensor " + tensor.name + ": " + reason);
}

void require_valid(const Tensor& tensor) {
  if (tensor.name.empty() || tensor.name.size() > kMaxTensorNameBytes ||
      tensor.name == "__metadata__") {
    refuse(tensor, "a name has 1 to " + std::to_string(kMaxTensorNameBytes) +
                       " bytes and is not __metadata__");
  }
  if (tensor.shape.size() > kMaxTensorRank) {
    refuse(tensor, std::to_string(tensor.shape.size()) + " extents, the limit is " +
                       std::to_string(kMaxTensorRank));
  }
  std::size_t size = size_of(tensor.type);
  for (const std::size_t extent : tensor.shape) {
    if (extent != 0 && size > std::numeric_limits<std::size_t>::max() / extent) {
      refuse(tensor, "shape " + describe(tensor.shape) + " overflows");
    }
    size *= extent;
  }
  if (size != tensor.bytes.size()) {
    refuse(tensor, std::to_string(tensor.bytes.size()) + " bytes, " + name_of(tensor.type) + " " +
                       describe(tensor.shape) + " takes " + std::to_string(size));
  }
}

// Larger elements first: then each tensor is aligned to its type, as the format wants it, without
// gaps.
std::vector<const Tensor*> in_file_order(std::span<const Tensor> tensors) {
  std::vector<const Tensor*> order;
  for (const Tensor& tensor : tensors) order.push_back(&tensor);
  std::ranges::sort(order, [](const Tensor* a, const Tensor* b) {
    return size_of(a->type) != size_of(b->type) ? size_of(a->type) > size_of(b->type) : a < b;
  });
  return order;
}

std::string header_of(std::span<const Tensor* const> tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::set<std::string_view> names;
  std::size_t offset = 0;
  for (const Tensor* tensor : tensors) {
    require_valid(*tensor);
    if (!names.insert(tensor->name).second) refuse(*tensor, "is there twice");
    const std::size_t end = offset + tensor->bytes.size();
    header.push_back({tensor->name,
                      {{"dtype", name_of(tensor->type)},
                       {"shape", tensor->shape},
                       {"data_offsets", std::array{offset, end}}}});
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception&) {
    throw std::invalid_argument("write_safetensors: a name is no UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the tensors begin aligned
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const Tensor> tensors) {
  const std::vector<const Tensor*> order = in_file_order(tensors);
  const std::string header = header_of(order);
  if (header.size() > kMaxHeaderBytes || order.size() > kMaxTensors) {
    throw std::invalid_argument("write_safetensors: " + std::to_string(order.size()) +
                                " tensors make a header of " + std::to_string(header.size()) +
                                " bytes, the limits are " + std::to_string(kMaxTensors) + " and " +
                                std::to_string(kMaxHeaderBytes));
  }
  std::array<std::byte, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<std::byte>(header.size() >> (8 * i) & 0xff);
  }
  base::AtomicFile file(path);
  file.append(length.data(), length.size());
  file.append(header.data(), header.size());
  for (const Tensor* tensor : order) file.append(tensor->bytes.data(), tensor->bytes.size());
  file.commit();
}

}  // namespace ruvector::embed
