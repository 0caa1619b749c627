#include "embed/parts.h"

#include <string>

#include "ruvector/base/errors.h"

namespace ruvector::embed {

std::span<const std::byte> PartReader::next(std::size_t count, std::size_t element_size) {
  const std::string part = "part " + std::to_string(taken_) + " of the packed weights";
  if (empty()) throw EmbedError(part + " is missing");
  const std::span<const std::byte> bytes = parts_[taken_++];
  if (bytes.size() % element_size != 0 || bytes.size() / element_size != count) {
    throw EmbedError(part + " has " + std::to_string(bytes.size()) + " bytes, must be " +
                     std::to_string(count) + " * " + std::to_string(element_size));
  }
  return bytes;
}

}  // namespace ruvector::embed
