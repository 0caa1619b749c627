#include "a2a/task_context.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <stdexcept>
#include <vector>

#include "a2a/random_bytes.h"
#include "base/digest.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

namespace {

constexpr std::size_t kTraceDigits = 32;
// What rvAgent's own tools send for a root that has no identity.
constexpr std::size_t kAgentIdDigits = 64;

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

[[noreturn]] void refuse_path(const std::string& agent) {
  throw RecursionLimit("context: agent '" + agent + "' is on the task's way already",
                       "visited_agents", agent, "");
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  std::vector<std::byte> random(bytes);
  do {
    fill_random(random);
  } while (std::ranges::all_of(random, [](std::byte b) { return b == std::byte{0}; }));
  return base::to_hex(random);
}

std::string random_uuid() {
  std::array<std::byte, 16> random{};
  fill_random(random);
  random[6] = (random[6] & std::byte{0x0f}) | std::byte{0x40};
  random[8] = (random[8] & std::byte{0x3f}) | std::byte{0x80};
  std::string text = base::to_hex(random);
  for (const std::size_t dash : {20u, 16u, 12u, 8u}) text.insert(dash, 1, '-');
  return text;
}

void require_trace_id(const TaskContext& context) {
  const std::string& id = context.trace_id;
  if (id.empty()) return;
  if (id.size() == kTraceDigits && std::ranges::all_of(id, is_lower_hex) &&
      id.find_first_not_of('0') != std::string::npos) {
    return;
  }
  throw std::invalid_argument("context.trace_id: '" + id.substr(0, 2 * kTraceDigits) +
                              "' is not 32 lower-case hexadecimal digits, one of them not 0");
}

void require_no_recursion(const TaskContext& context, std::string_view target) {
  if (context.depth > kMaxTaskDepth) {
    throw RecursionLimit("context: depth " + std::to_string(context.depth) +
                             " is above the limit of " + std::to_string(kMaxTaskDepth),
                         "depth", std::to_string(context.depth), std::to_string(kMaxTaskDepth));
  }
  std::set<std::string_view> seen;
  for (const std::string& agent : context.visited_agents) {
    if (agent == target || !seen.insert(agent).second) refuse_path(agent);
  }
}

TaskContext completed_context(TaskContext context, std::string_view own_agent_id) {
  if (context.trace_id.empty()) context.trace_id = random_hex(kTraceDigits / 2);
  if (context.root_agent_id.empty()) context.root_agent_id = own_agent_id;
  if (context.current_agent.empty()) context.current_agent = own_agent_id;
  return context;
}

TaskContext flat_context(TaskContext context) {
  context.depth = 0;
  context.visited_agents.clear();
  if (context.root_agent_id.empty()) context.root_agent_id.assign(kAgentIdDigits, '0');
  return context;
}

std::string traceparent(std::string_view trace_id) {
  return "00-" + std::string(trace_id) + "-" + random_hex(8) + "-01";
}

}  // namespace ruvector::a2a

namespace ruvector {

TaskContext child_context(const TaskContext& parent, std::string_view parent_task_id,
                          std::string_view agent_id) {
  TaskContext child = parent;
  child.parent_task_id = parent_task_id;
  ++child.depth;
  child.current_agent = agent_id;
  if (child.root_agent_id.empty()) child.root_agent_id = parent.current_agent;
  if (!parent.current_agent.empty()) child.visited_agents.push_back(parent.current_agent);
  return child;
}

}  // namespace ruvector
