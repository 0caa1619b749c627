#include "net/transport.h"

namespace ruvector::net {

std::string_view ResponseHead::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace ruvector::net
