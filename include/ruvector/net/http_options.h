// How connections are made, and what they may not do. Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ruvector {

// Which addresses a connection may go to, judged by the address that is about to be connected to,
// whatever name it was looked up by. Link-local addresses and those where clouds keep metadata are
// refused unless `allow_link_local`. A proxy looks names up itself: of what goes through one only
// hosts that are written as addresses are judged, and http:// to a name needs `allow_plain_http`.
struct AddressPolicy {
  bool allow_loopback = true;
  bool allow_private = true;  // RFC 1918, RFC 4193, carrier-grade NAT
  bool allow_link_local = false;
  // http:// to what is no loopback address.
  bool allow_plain_http = false;
};

struct TlsOptions {
  std::string ca_file;             // empty: SSL_CERT_FILE, then the system's
  std::string client_certificate;  // a PEM file
  std::string client_key;          // a PEM file
  std::string client_key_password;
};

struct Timeouts {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds total{30'000};   // of a call that is no stream
  std::chrono::milliseconds header{30'000};  // of a stream, up to its head
  std::chrono::milliseconds idle{60'000};    // of a stream, between two bytes of any kind
};

// Nothing larger is read.
struct SizeLimits {
  std::size_t card_bytes = std::size_t{1} << 20;
  std::size_t body_bytes = std::size_t{64} << 20;
  std::size_t event_bytes = std::size_t{16} << 20;
  std::size_t header_bytes = std::size_t{64} << 10;
  std::size_t json_depth = 64;
};

struct HttpOptions {
  AddressPolicy addresses;
  TlsOptions tls;
  Timeouts timeouts;
  SizeLimits limits;
  std::string proxy;  // empty: http_proxy, https_proxy, no_proxy of the environment
  bool use_environment_proxy = true;
  std::vector<std::pair<std::string, std::string>> headers;  // sent with each request to the origin
  std::string user_agent;                                    // empty: ruvector/<version>
};

}  // namespace ruvector
