// Where a task stands in a chain of agents: ids of traces, contexts, and the guard against chains
// that go too deep or round in a circle. Thread-safe: functions of their arguments, but for the
// random ids.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ruvector/a2a/task_spec.h"

namespace ruvector::a2a {

// `bytes` random ones as lower-case hexadecimal digits, not all zero.
std::string random_hex(std::size_t bytes);
// A random UUID (version 4).
std::string random_uuid();

// Throws std::invalid_argument for a trace id that is neither empty nor 32 lower-case hexadecimal
// digits, not all zero.
void require_trace_id(const TaskContext& context);

// Throws RecursionLimit when a task with `context` may not go to `target`: deeper than
// kMaxTaskDepth, or an agent twice on the way. `target` is empty when the agent has no identity.
void require_no_recursion(const TaskContext& context, std::string_view target);

// `context` with a trace id, and the agent of this side where none is named.
TaskContext completed_context(TaskContext context, std::string_view own_agent_id);

// What rvAgent takes: its servers refuse every context but those of depth 0, because they look for
// the root among the visited agents.
TaskContext flat_context(TaskContext context);

// The value of the W3C header for a new span of `trace_id`.
std::string traceparent(std::string_view trace_id);

}  // namespace ruvector::a2a
