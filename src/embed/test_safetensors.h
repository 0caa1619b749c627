// Safetensors files in memory, for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "embed/safetensors.h"

namespace ruvector::embed {

// A file of `header`, its length before it and `body` behind it.
inline std::string file_of(const std::string& header, const std::string& body) {
  std::string bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes += static_cast<char>(static_cast<unsigned char>(header.size() >> (8 * i) & 0xff));
  }
  return bytes + header + body;
}

// The header of one tensor called t.
inline std::string tensor_header(const std::string& type, const std::string& shape,
                                 std::uint64_t begin, std::uint64_t end) {
  return R"({"t":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":[)" +
         std::to_string(begin) + "," + std::to_string(end) + "]}}";
}

inline Safetensors parse(const std::string& file) {
  const auto owner = std::make_shared<const std::string>(file);
  return Safetensors::parse(std::as_bytes(std::span(*owner)), owner, "model.safetensors");
}

// A file of these tensors, in their order.
inline Safetensors file_of(std::span<const Tensor> tensors) {
  std::string header = "{";
  std::string body;
  for (const Tensor& tensor : tensors) {
    const std::size_t begin = body.size();
    body.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
    if (header.size() > 1) header += ',';
    header += '"' + tensor.name + R"(":{"dtype":")" + name_of(tensor.type) + R"(","shape":)" +
              describe(tensor.shape) + R"(,"data_offsets":[)" + std::to_string(begin) + ',' +
              std::to_string(body.size()) + "]}";
  }
  return parse(file_of(header + "}", body));
}

}  // namespace ruvector::embed
