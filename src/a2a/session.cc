#include "a2a/session.h"

#include <utility>

#include "a2a/task_context.h"

namespace ruvector::a2a {

TaskSpec completed_spec(const Session& session, TaskSpec spec) {
  if (spec.id.empty()) spec.id = random_uuid();
  if (spec.message_id.empty()) spec.message_id = random_uuid();
  spec.context = completed_context(std::move(spec.context), session.options.agent_id);
  return spec;
}

TaskSpec sendable_spec(const Session& session, TaskSpec spec) {
  const bool is_rvagent = session.endpoint.protocol == Protocol::rvagent;
  if (is_rvagent && !session.options.send_deep_contexts) {
    spec.context = flat_context(std::move(spec.context));
  }
  return spec;
}

void add_trace(const TaskContext& context, net::Request& request) {
  request.headers.emplace_back("traceparent", traceparent(context.trace_id));
}

}  // namespace ruvector::a2a
