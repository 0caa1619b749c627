// Which of the interfaces of a card calls go to. Thread-safe: functions of their arguments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "a2a/codec.h"
#include "net/url.h"
#include "ruvector/a2a/agent_card.h"

namespace ruvector::a2a {

// As in ConnectOptions.
struct EndpointWish {
  std::optional<Protocol> protocol{};
  std::optional<Binding> binding{};
  bool allow_other_origin = false;
  bool rewrite_to_origin = false;
  std::vector<std::string> extensions{};
};

// The first interface, in the card's order, that this library speaks and that may be used: of 1.0
// if there is one, else of 0.3; with a `wish`, only such. `base` is what the caller connected to,
// or nothing for a card that was not fetched.
//
// An interface must be at the origin of `base`, unless `allow_other_origin`; `rewrite_to_origin`
// puts it there. One that is advertised at a wildcard or loopback address (0.0.0.0, [::],
// localhost, 127.0.0.1, [::1]), with the scheme and port of `base`, is where `base` is: its server
// does not know how it is reached. rvAgent is called at `base` itself, whatever its card says.
//
// UnsupportedOperation when there is none of the wanted kind, ProtocolError when there is, and none
// may be used.
Endpoint choose_endpoint(const AgentCard& card, const std::optional<net::Url>& base,
                         const EndpointWish& wish = {});

}  // namespace ruvector::a2a
