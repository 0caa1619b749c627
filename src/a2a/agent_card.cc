#include "ruvector/a2a/agent_card.h"

namespace ruvector {

std::string_view protocol_name(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::rvagent:
      return "rvagent";
    case Protocol::v0_3:
      return "0.3";
    case Protocol::v1_0:
      return "1.0";
  }
  return "unknown";
}

std::string_view binding_name(Binding binding) noexcept {
  return binding == Binding::jsonrpc ? "JSONRPC" : "HTTP+JSON";
}

}  // namespace ruvector
