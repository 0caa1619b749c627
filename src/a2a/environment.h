// What a client is made of that tests bring their own of: the network, the reading of cards, the
// wire. A value; its functions are thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "a2a/card_cache.h"
#include "a2a/codec.h"
#include "a2a/retry_policy.h"
#include "net/transport.h"
#include "ruvector/a2a/client.h"

namespace ruvector::a2a {

// A card that is believed, and where its agent is called.
struct TrustedAgent {
  AgentCard card{};
  Endpoint endpoint{};
};

struct CardSource {
  std::string base_url{};    // what the caller connects to; empty when he names none
  bool was_fetched = false;  // from there
};

struct Environment {
  std::function<std::shared_ptr<net::Transport>(HttpOptions)> make_transport;
  // Throws std::invalid_argument for options that no card can meet.
  std::function<void(const ConnectOptions& options)> check_options;
  // Throws CardSignatureInvalid, ProtocolError, UnsupportedOperation.
  std::function<TrustedAgent(std::string_view bytes, const CardSource& source,
                             const ConnectOptions& options)>
      read_card;
  std::function<std::unique_ptr<Codec>(Endpoint, std::size_t json_depth)> make_codec;
  RetryPolicy::Sources retry;
  std::shared_ptr<CardCache> cards;
};

// The real ones; the cache is the process's.
Environment system_environment();

// A2aClient::connect_async() in another environment.
A2aClient::Cancel connect_in(Environment environment, const std::string& url,
                             ConnectOptions options,
                             A2aClient::Callback<std::shared_ptr<A2aClient>> done);

}  // namespace ruvector::a2a
