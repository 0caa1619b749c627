// What shows a peer who asks: the Authorization header, which the caller's callback makes, the API
// key of the card's scheme, and the caller's own headers. All of it goes to one origin only.
// Used on the I/O thread, which never waits here: the callback runs on a thread of its own.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/transport.h"
#include "ruvector/a2a/agent_card.h"

namespace ruvector::a2a {

class Credentials : public std::enable_shared_from_this<Credentials> {
 public:
  using Authorization = std::function<std::string(bool is_refresh)>;
  struct Grant {
    std::string authorization{};   // empty: none is needed
    std::uint64_t generation = 0;  // grows with each value
  };
  using Granted = std::function<void(const Grant&, std::exception_ptr)>;

  Credentials(std::shared_ptr<net::Transport> transport, Authorization authorization,
              std::string api_key, net::Headers headers);

  // The origin that may see them; before it is set nobody does. Throws std::invalid_argument.
  void bind(std::string_view url);
  // Where the card wants the API key. Throws std::invalid_argument when it cannot be sent.
  void use_schemes(const std::vector<AuthScheme>& schemes);

  // Calls `granted` with a value newer than the one of generation `rejected`, at once or later;
  // all who wait share one call of the callback. The error is the callback's own.
  void obtain(std::optional<std::uint64_t> rejected, Granted granted);
  // Whether a rejected value can be replaced.
  bool can_refresh() const noexcept { return authorization_ != nullptr; }

  // Adds to `request` what its origin may see; the caller's own headers where there is none of the
  // name.
  void apply(const Grant& grant, net::Request& request) const;

 private:
  void fetch(bool is_refresh);
  void arrive(std::string value, const std::exception_ptr& error);

  const std::shared_ptr<net::Transport> transport_;
  const Authorization authorization_;
  const std::string api_key_;
  const net::Headers headers_;
  std::string origin_;
  AuthScheme key_scheme_;
  Grant grant_;
  bool is_fetching_ = false;
  std::vector<Granted> waiting_;
};

}  // namespace ruvector::a2a
