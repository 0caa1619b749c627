#include "a2a/environment.h"

#include <optional>
#include <utility>

#include "a2a/card_verifier.h"
#include "a2a/endpoint_choice.h"
#include "a2a/waiting.h"
#include "net/url.h"

namespace ruvector::a2a {

namespace {

CardTrust trust_of(const ConnectOptions& options) {
  CardTrust trust;
  trust.strict_verify = options.strict_verify;
  trust.trust = options.trust;
  trust.expected_agent_id = options.expected_agent_id;
  trust.trusted_agents = options.trusted_agents;
  trust.card_keys = options.card_keys;
  return trust;
}

TrustedAgent read_card(std::string_view bytes, const CardSource& source,
                       const ConnectOptions& options) {
  std::optional<net::Url> base;
  if (!source.base_url.empty()) base = net::Url::parse(source.base_url);
  CardTrust trust = trust_of(options);
  trust.is_https = source.was_fetched && base && base->is_https();
  const JsonLimits limits{.bytes = options.http.limits.card_bytes,
                          .depth = options.http.limits.json_depth};
  TrustedAgent agent;
  agent.card = verify_card(bytes, trust, limits);
  const EndpointWish wish{.protocol = options.protocol,
                          .binding = options.binding,
                          .allow_other_origin = options.allow_other_origin,
                          .rewrite_to_origin = options.rewrite_to_origin,
                          .extensions = options.extensions};
  agent.endpoint = choose_endpoint(agent.card, base, wish);
  return agent;
}

}  // namespace

Environment system_environment() {
  static const auto cards = std::make_shared<CardCache>();
  return {.make_transport = net::make_http_transport,
          .check_options = [](const ConnectOptions& options) { check_trust(trust_of(options)); },
          .read_card = read_card,
          .make_codec = make_codec,
          .retry = system_retry_sources(),
          .cards = cards};
}

}  // namespace ruvector::a2a

namespace ruvector {

A2aClient::Cancel A2aClient::connect_async(const std::string& url, ConnectOptions options,
                                           Callback<std::shared_ptr<A2aClient>> done) {
  return a2a::connect_in(a2a::system_environment(), url, std::move(options), std::move(done));
}

std::shared_ptr<A2aClient> A2aClient::connect(const std::string& url, ConnectOptions options) {
  return a2a::await<std::shared_ptr<A2aClient>>(
      [&](auto done) { return connect_async(url, std::move(options), std::move(done)); });
}

}  // namespace ruvector
