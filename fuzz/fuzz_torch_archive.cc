// Reads arbitrary bytes as a file of torch.save(). Every tensor that is read must have the bytes
// that its shape says, and all of them must be readable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "embed/torch_archive.h"
#include "ruvector/base/errors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ruvector::embed::TorchArchive;
  try {
    const std::string name = "weights.pth";
    const TorchArchive archive =
        TorchArchive::parse(std::as_bytes(std::span(data, size)), nullptr, name);
    std::size_t sum = 0;
    for (const ruvector::embed::Tensor& tensor : archive.tensors()) {
      if (tensor.bytes.size() !=
          ruvector::embed::count_of(tensor.shape) * ruvector::embed::size_of(tensor.type)) {
        std::abort();
      }
      for (const std::byte byte : tensor.bytes) sum += static_cast<std::size_t>(byte);
    }
    volatile std::size_t kept = sum;
    static_cast<void>(kept);
  } catch (const ruvector::EmbedError&) {
    return 0;
  }
  return 0;
}
