// Agents' cards of the three dialects, from JSON. Thread-safe: functions of their arguments.
#pragma once

#include "a2a/json.h"
#include "ruvector/a2a/agent_card.h"

namespace ruvector::a2a {

// The dialect that the shape of `card` speaks of; ProtocolError for what is no card.
Protocol card_dialect(const Json& card);

// Members that are unknown are ignored. ProtocolError for a member that the dialect demands and
// that is missing, or one of another type. An array or a text that is empty may be missing, since
// many servers leave it out. `agent_id`, `verification` and `raw` stay as they are made.
AgentCard read_card(const Json& card, Protocol dialect);

}  // namespace ruvector::a2a
