// Judges the address that a connection is about to go to. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/socket_api.h"
#include "ruvector/net/http_options.h"

namespace ruvector::net {

enum class AddressKind : std::uint8_t {
  global,
  loopback,
  private_network,  // RFC 1918, RFC 4193, RFC 6598, RFC 2544, site-local
  link_local,
  metadata,  // where clouds keep credentials; most lie among the link-local ones
  unusable,  // "this" network, multicast, broadcast, reserved: no peer has such an address
};

// An IPv6 address that carries an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) is
// what that one is.
AddressKind classify(const sockaddr& address, std::size_t size) noexcept;

// Of a host that is written as an address, with or without brackets, or that is "localhost";
// nothing of any other name.
std::optional<AddressKind> classify(std::string_view host) noexcept;

// Why `address` may not be connected to: nothing if it may. `plain_http`: what is to be spoken is
// not encrypted.
std::optional<std::string> refusal(const AddressPolicy& policy, bool plain_http,
                                   const sockaddr& address, std::size_t size);

// As above, of a host that classify() knows.
std::optional<std::string> refusal(const AddressPolicy& policy, bool plain_http,
                                   std::string_view host);

}  // namespace ruvector::net
