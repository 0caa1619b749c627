// Reads arbitrary bytes as a safetensors file. Of one that is taken every tensor lies within the
// bytes and has the size that it says.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>

#include "embed/safetensors.h"
#include "embed/tensor.h"
#include "ruvector/base/errors.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void use(const ruvector::embed::Safetensors& file, std::span<const std::byte> bytes) {
  const std::byte* end = bytes.data() + bytes.size();
  std::size_t total = 0;
  for (const ruvector::embed::Tensor& tensor : file.tensors()) {
    require(file.find(tensor.name) == &tensor);
    require(tensor.bytes.size() ==
            ruvector::embed::count_of(tensor.shape) * ruvector::embed::size_of(tensor.type));
    require(tensor.bytes.empty() || (std::less_equal<>()(bytes.data(), tensor.bytes.data()) &&
                                     std::less_equal<>()(&tensor.bytes.back() + 1, end)));
    total += tensor.bytes.size();
  }
  require(total < bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    use(ruvector::embed::Safetensors::parse(bytes, nullptr, "fuzz"), bytes);
  } catch (const ruvector::EmbedError&) {
    return 0;
  }
  return 0;
}
