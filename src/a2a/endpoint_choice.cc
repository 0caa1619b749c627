#include "a2a/endpoint_choice.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

bool equal_but_for_case(std::string_view a, std::string_view b) {
  const auto upper = [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return upper(x) == upper(y); });
}

std::optional<Binding> binding_of(const AgentInterface& entry) {
  for (const Binding binding : {Binding::jsonrpc, Binding::http_json}) {
    if (equal_but_for_case(entry.binding, binding_name(binding))) return binding;
  }
  return std::nullopt;
}

// Nothing for a version that we do not speak.
std::optional<Protocol> protocol_of(const AgentInterface& entry, Protocol of_card) {
  const std::string& version = entry.version;
  if (version.empty()) return of_card;
  if (version == "1" || version.starts_with("1.")) return Protocol::v1_0;
  if (version.starts_with("0.2") || version.starts_with("0.3")) return Protocol::v0_3;
  return std::nullopt;
}

bool is_unreachable_name(std::string_view host) {
  constexpr std::array<std::string_view, 5> kHosts = {"0.0.0.0", "[::]", "localhost", "127.0.0.1",
                                                      "[::1]"};
  return std::find(kHosts.begin(), kHosts.end(), host) != kHosts.end();
}

net::Url at_origin_of(const net::Url& base, const net::Url& url) {
  return base.at_root(url.query().empty() ? url.path() : url.path() + '?' + url.query());
}

// Where `text` is called; nothing when it may not be, and why is appended to `reasons`.
std::optional<net::Url> usable_url(const std::string& text, const std::optional<net::Url>& base,
                                   const EndpointWish& wish, std::string& reasons) {
  std::optional<net::Url> url;
  try {
    url = net::Url::parse(text);
  } catch (const std::invalid_argument& error) {
    reasons += std::string("; ") + error.what();
    return std::nullopt;
  }
  if (!base.has_value() || url->same_origin(*base)) return url;
  if (wish.rewrite_to_origin) return at_origin_of(*base, *url);
  const bool is_here = is_unreachable_name(url->host()) && url->scheme() == base->scheme() &&
                       url->port() == base->port();
  if (is_here) return at_origin_of(*base, *url);
  if (wish.allow_other_origin) return url;
  reasons += "; " + url->origin() + " is not the card's origin " + base->origin() +
             " (allow_other_origin and rewrite_to_origin permit it)";
  return std::nullopt;
}

std::string without_trailing_slash(const net::Url& url) {
  std::string text = url.str();
  if (url.query().empty() && url.path().size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

Endpoint endpoint_at(const net::Url& url, Protocol protocol, const EndpointWish& wish) {
  Endpoint endpoint;
  endpoint.protocol = protocol;
  endpoint.url = without_trailing_slash(url);
  endpoint.extensions = wish.extensions;
  return endpoint;
}

// The first interface of `protocol`; `reasons` gets why others were not taken.
std::optional<Endpoint> first_of(Protocol protocol, const AgentCard& card,
                                 const std::optional<net::Url>& base, const EndpointWish& wish,
                                 std::string& reasons) {
  for (const AgentInterface& entry : card.interfaces) {
    const auto binding = binding_of(entry);
    if (!binding.has_value() || (wish.binding.has_value() && wish.binding != binding)) continue;
    // An interface without a version is of whatever the caller says.
    if (protocol_of(entry, wish.protocol.value_or(card.protocol)) != protocol) continue;
    const auto url = usable_url(entry.url, base, wish, reasons);
    if (!url.has_value()) continue;
    Endpoint endpoint = endpoint_at(*url, protocol, wish);
    endpoint.binding = *binding;
    endpoint.tenant = entry.tenant;
    return endpoint;
  }
  return std::nullopt;
}

Endpoint rvagent_endpoint(const AgentCard& card, const std::optional<net::Url>& base,
                          const EndpointWish& wish) {
  if (wish.binding == Binding::http_json) {
    throw UnsupportedOperation("card of " + card.name + ": rvAgent has no binding HTTP+JSON");
  }
  if (base.has_value()) return endpoint_at(*base, Protocol::rvagent, wish);
  try {
    return endpoint_at(net::Url::parse(card.url), Protocol::rvagent, wish);
  } catch (const std::invalid_argument& error) {
    throw ProtocolError("card of " + card.name + ": " + error.what());
  }
}

[[noreturn]] void fail(const AgentCard& card, const EndpointWish& wish,
                       const std::string& reasons) {
  std::string wanted;
  if (wish.protocol.has_value()) wanted += ' ' + std::string(protocol_name(*wish.protocol));
  if (wish.binding.has_value()) wanted += ' ' + std::string(binding_name(*wish.binding));
  if (!reasons.empty()) {
    throw ProtocolError("card of " + card.name + ": no" + wanted + " interface may be used" +
                        reasons);
  }
  std::string offered;
  for (const AgentInterface& entry : card.interfaces) {
    offered += (offered.empty() ? "" : ", ") + entry.binding + ' ' + entry.version;
  }
  throw UnsupportedOperation("card of " + card.name + ": no" + wanted +
                             " interface that this library speaks; it offers " + offered);
}

}  // namespace

Endpoint choose_endpoint(const AgentCard& card, const std::optional<net::Url>& base,
                         const EndpointWish& wish) {
  if (wish.protocol.value_or(card.protocol) == Protocol::rvagent) {
    return rvagent_endpoint(card, base, wish);
  }
  std::string reasons;
  for (const Protocol protocol : {Protocol::v1_0, Protocol::v0_3}) {
    if (wish.protocol.has_value() && wish.protocol != protocol) continue;
    if (auto endpoint = first_of(protocol, card, base, wish, reasons)) return *std::move(endpoint);
  }
  fail(card, wish, reasons);
}

}  // namespace ruvector::a2a
