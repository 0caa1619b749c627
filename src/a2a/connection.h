// Finds an agent's card, believes it or does not, and gives a client of the agent. Lives on the I/O
// thread; the card is verified on a worker.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a/call.h"
#include "a2a/environment.h"
#include "a2a/link.h"
#include "a2a/policy_gate.h"
#include "a2a/session.h"
#include "net/url.h"
#include "ruvector/a2a/client.h"

namespace ruvector::a2a {

// Where the card of the agent at `base` may be, in the order in which they are asked:
// agent-card.json and agent.json below it, then at the root of its origin.
std::vector<net::Url> card_places(const net::Url& base);

class Connection final : public Operation, public std::enable_shared_from_this<Connection> {
 public:
  using Done = A2aClient::Callback<std::shared_ptr<A2aClient>>;

  // Throws std::invalid_argument for a wrong URL, budget or header. `url` may be empty when the
  // options bring the card.
  Connection(Environment environment, const std::string& url, ConnectOptions options, Done done);

  const std::shared_ptr<Link>& link() const noexcept { return link_; }

  void start() override;
  void abort(std::exception_ptr why) override;

 private:
  void ask();
  void on_answer(Call::Answer answer);
  void verify(std::string bytes);
  void on_verified(TrustedAgent agent, const std::string& bytes);
  void fail(std::exception_ptr error);
  CardSource source() const;
  std::shared_ptr<Session> make_session(TrustedAgent agent) const;

  const Environment environment_;
  const ConnectOptions options_;
  const std::shared_ptr<Link> link_;
  const std::shared_ptr<PolicyGate> gate_;
  Done done_;  // null after the end
  std::string base_url_;
  std::vector<std::string> places_;
  std::size_t place_ = 0;
  std::shared_ptr<Call> call_;
  std::optional<CardCache::Entry> known_;
  std::string etag_;
};

}  // namespace ruvector::a2a
