// A connected agent, as all operations of a client share it.
// Constant after its making but for what says otherwise; those members are thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "a2a/codec.h"
#include "a2a/environment.h"
#include "a2a/link.h"
#include "a2a/policy_gate.h"
#include "ruvector/a2a/client.h"

namespace ruvector::a2a {

struct Session {
  std::shared_ptr<Link> link;
  ConnectOptions options;
  AgentCard card;
  Endpoint endpoint;
  std::unique_ptr<Codec> codec;
  std::shared_ptr<PolicyGate> gate;
  // Verifies a card that the agent gives later.
  std::function<TrustedAgent(std::string_view bytes)> read_card;

  // rvAgent knows a task only when it is over: these are being sent by this client. On the I/O
  // thread.
  std::multiset<std::string> sending;

  std::atomic<std::uint64_t> last_rpc_id{0};
  std::atomic<int> subscribe_attempt{0};  // the verb that this peer takes

  std::string next_rpc_id() { return std::to_string(++last_rpc_id); }
};

// `spec` with the ids that it lacks.
TaskSpec completed_spec(const Session& session, TaskSpec spec);
// A completed spec as this peer takes it.
TaskSpec sendable_spec(const Session& session, TaskSpec spec);
// Adds the header that ties a request to the trace of `context`.
void add_trace(const TaskContext& context, net::Request& request);

std::shared_ptr<A2aClient> make_client(std::shared_ptr<Session> session);

}  // namespace ruvector::a2a
