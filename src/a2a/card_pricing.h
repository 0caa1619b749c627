// What an agent's card says that its tasks cost: `metadata.ruvector.pricing`, an object with
// `cost_usd` and `tokens` of one task, and under `skills` the same by the skill's id. Believed only
// when a signature covers it. Thread-safe: a function of its arguments.
#pragma once

#include <string_view>

#include "ruvector/a2a/agent_card.h"
#include "ruvector/a2a/task_spec.h"

namespace ruvector::a2a {

// Empty members where the card says nothing, or nothing that counts.
TaskEstimate card_estimate(const AgentCard& card, std::string_view skill);

}  // namespace ruvector::a2a
