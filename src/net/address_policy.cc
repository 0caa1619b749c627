#include "net/address_policy.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace ruvector::net {
namespace {

using Bytes = std::span<const std::uint8_t>;

// The first `bits` of an address, and what lies below them. The longest match that comes first
// decides.
template <std::size_t size>
struct Range {
  std::array<std::uint8_t, size> prefix;
  unsigned bits;
  AddressKind kind;
};

constexpr auto kGlobal = AddressKind::global;
constexpr auto kLoopback = AddressKind::loopback;
constexpr auto kPrivate = AddressKind::private_network;
constexpr auto kLinkLocal = AddressKind::link_local;
constexpr auto kMetadata = AddressKind::metadata;
constexpr auto kUnusable = AddressKind::unusable;

// IANA's registry of special addresses, and where clouds answer.
constexpr Range<4> kRanges4[] = {
    {{169, 254, 169, 254}, 32, kMetadata},  // AWS, Azure, Google, most others
    {{100, 100, 100, 200}, 32, kMetadata},  // Alibaba
    {{168, 63, 129, 16}, 32, kMetadata},    // Azure's WireServer
    {{192, 0, 0, 192}, 32, kMetadata},      // Oracle
    {{0, 0, 0, 0}, 8, kUnusable},
    {{10, 0, 0, 0}, 8, kPrivate},
    {{100, 64, 0, 0}, 10, kPrivate},
    {{127, 0, 0, 0}, 8, kLoopback},
    {{169, 254, 0, 0}, 16, kLinkLocal},
    {{172, 16, 0, 0}, 12, kPrivate},
    {{192, 0, 0, 0}, 24, kPrivate},
    {{192, 168, 0, 0}, 16, kPrivate},
    {{198, 18, 0, 0}, 15, kPrivate},
    {{224, 0, 0, 0}, 3, kUnusable},  // multicast, reserved, broadcast
};

constexpr Range<16> kRanges6[] = {
    {{0xFD, 0x00, 0x0E, 0xC2}, 32, kMetadata},  // AWS
    {{0xFD, 0x20, 0x00, 0xCE}, 32, kMetadata},  // Google
    {{}, 128, kUnusable},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, kLoopback},
    {{0x01, 0x00}, 64, kUnusable},                         // discard only
    {{0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01}, 48, kPrivate},  // NAT64 of a network's own
    {{0xFC, 0x00}, 7, kPrivate},
    {{0xFE, 0x80}, 10, kLinkLocal},
    {{0xFE, 0xC0}, 10, kPrivate},
    {{0xFF, 0x00}, 8, kUnusable},
};

bool starts_with(Bytes address, Bytes prefix, unsigned bits) noexcept {
  const std::size_t whole = bits / 8;
  if (!std::equal(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.begin())) {
    return false;
  }
  const unsigned rest = bits % 8;
  return rest == 0 || (address[whole] >> (8 - rest)) == (prefix[whole] >> (8 - rest));
}

template <std::size_t size, std::size_t count>
AddressKind look_up(Bytes address, const Range<size> (&ranges)[count]) noexcept {
  for (const Range<size>& range : ranges) {
    if (starts_with(address, range.prefix, range.bits)) return range.kind;
  }
  return kGlobal;
}

// Where an IPv4 address may lie in one of IPv6.
struct Carrier {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  std::size_t offset;
  std::uint8_t mask;  // what each byte is xored with
};

constexpr Carrier kCarriers[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, 12, 0},  // mapped
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, 12, 0},        // translated (RFC 2765)
    {{}, 96, 12, 0},                                          // compatible
    {{0x00, 0x64, 0xFF, 0x9B}, 32, 12, 0},                    // NAT64
    {{0x20, 0x02}, 16, 2, 0},                                 // 6to4
    {{0x20, 0x01, 0, 0}, 32, 12, 0xFF},                       // Teredo
};

AddressKind classify4(Bytes address) noexcept { return look_up(address, kRanges4); }

AddressKind classify_carried(Bytes address, std::size_t offset, std::uint8_t mask) noexcept {
  std::array<std::uint8_t, 4> carried{};
  for (std::size_t i = 0; i < carried.size(); ++i) {
    carried[i] = static_cast<std::uint8_t>(address[offset + i] ^ mask);
  }
  return classify4(carried);
}

AddressKind classify6(Bytes address) noexcept {
  const AddressKind own = look_up(address, kRanges6);
  if (own != kGlobal && own != kPrivate) return own;
  constexpr std::array<std::uint8_t, 4> kIsatap = {0x00, 0x00, 0x5E, 0xFE};
  if (starts_with(address.subspan(8), kIsatap, 32) ||
      (address[8] == 0x02 && starts_with(address.subspan(9), Bytes(kIsatap).subspan(1), 24))) {
    const AddressKind carried = classify_carried(address, 12, 0);
    if (carried != kGlobal) return carried;
  }
  for (const Carrier& carrier : kCarriers) {
    if (!starts_with(address, carrier.prefix, carrier.bits)) continue;
    const AddressKind carried = classify_carried(address, carrier.offset, carrier.mask);
    return carried == kGlobal ? own : carried;
  }
  return own;
}

Bytes bytes_of(const void* address, std::size_t size) noexcept {
  return {static_cast<const std::uint8_t*>(address), size};
}

std::string text(const sockaddr& address, std::size_t size) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof(v4));
    ::inet_ntop(AF_INET, &v4.sin_addr, buffer.data(), buffer.size());
  } else if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof(v6));
    ::inet_ntop(AF_INET6, &v6.sin6_addr, buffer.data(), buffer.size());
  } else {
    return "an address of family " + std::to_string(address.sa_family);
  }
  return buffer.data();
}

// A host's address, if it is written as one.
struct Parsed {
  sockaddr_storage storage{};
  const sockaddr& get() const noexcept { return reinterpret_cast<const sockaddr&>(storage); }
};

std::optional<Parsed> parse(std::string_view host) noexcept {
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost" || host.ends_with(".localhost")) host = "127.0.0.1";
  if (host.size() >= name.size()) return std::nullopt;
  std::copy(host.begin(), host.end(), name.begin());
  Parsed parsed;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET, name.data(), &v4.sin_addr) == 1) {
    std::memcpy(&parsed.storage, &v4, sizeof(v4));
  } else if (::inet_pton(AF_INET6, name.data(), &v6.sin6_addr) == 1) {
    std::memcpy(&parsed.storage, &v6, sizeof(v6));
  } else {
    return std::nullopt;
  }
  return parsed;
}

}  // namespace

AddressKind classify(const sockaddr& address, std::size_t size) noexcept {
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof(v4));
    return classify4(bytes_of(&v4.sin_addr, 4));
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof(v6));
    return classify6(bytes_of(&v6.sin6_addr, 16));
  }
  return kUnusable;
}

std::optional<std::string> refusal(const AddressPolicy& policy, bool plain_http,
                                   const sockaddr& address, std::size_t size) {
  const AddressKind kind = classify(address, size);
  const auto refused = [&](std::string_view why) {
    return text(address, size) + " " + std::string(why);
  };
  if (kind == kUnusable) return refused("is an address of no peer");
  if (kind == kLoopback) {
    if (policy.allow_loopback) return std::nullopt;
    return refused("is a loopback address (allow_loopback)");
  }
  if (kind == kLinkLocal && !policy.allow_link_local) {
    return refused("is a link-local address (allow_link_local)");
  }
  if (kind == kMetadata && !policy.allow_link_local) {
    return refused("is where clouds keep metadata (allow_link_local)");
  }
  if (kind == kPrivate && !policy.allow_private) {
    return refused("is a private address (allow_private)");
  }
  if (plain_http && !policy.allow_plain_http) {
    return refused("is no loopback address, so http:// is too little (allow_plain_http)");
  }
  return std::nullopt;
}

std::optional<AddressKind> classify(std::string_view host) noexcept {
  const std::optional<Parsed> parsed = parse(host);
  if (!parsed) return std::nullopt;
  return classify(parsed->get(), sizeof(parsed->storage));
}

std::optional<std::string> refusal(const AddressPolicy& policy, bool plain_http,
                                   std::string_view host) {
  const std::optional<Parsed> parsed = parse(host);
  if (!parsed) return std::nullopt;
  return refusal(policy, plain_http, parsed->get(), sizeof(parsed->storage));
}

}  // namespace ruvector::net
