// What is asked of an agent, and what it may cost. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ruvector/a2a/message.h"

namespace ruvector {

// Limits of one task, checked before a byte is sent; what is not set is not limited. A value equal
// to its limit is permitted.
struct TaskPolicy {
  std::optional<std::uint64_t> max_tokens{};
  std::optional<double> max_cost_usd{};            // US dollars, finite, not negative
  std::optional<std::uint64_t> max_duration_ms{};  // wall clock; the task is cancelled at its end
  std::optional<std::vector<std::string>> allowed_skills{};
  std::optional<std::uint32_t> max_concurrency{};  // tasks in flight of this client

  bool operator==(const TaskPolicy&) const = default;
};

// What a task is expected to take.
struct TaskEstimate {
  std::optional<double> cost_usd{};  // finite, not negative
  std::optional<std::uint64_t> tokens{};

  bool operator==(const TaskEstimate&) const = default;
};

// Where a task stands in a chain of agents. Goes to rvAgent as it is, to others as an extension.
struct TaskContext {
  std::string trace_id{};  // 32 lower-case hexadecimal digits, not all zero; made when empty
  std::string parent_task_id{};
  std::uint32_t depth = 0;
  std::string root_agent_id{};
  std::string current_agent{};
  std::vector<std::string> visited_agents{};

  bool operator==(const TaskContext&) const = default;
};

inline constexpr std::uint32_t kMaxTaskDepth = 8;

// The context of a task that an agent with `parent` gives to `agent_id` while it works at
// `parent_task_id`: one deeper, and the agent of `parent` is visited.
TaskContext child_context(const TaskContext& parent, std::string_view parent_task_id,
                          std::string_view agent_id);

struct TaskSpec {
  std::string skill{};        // may be empty on official peers
  std::vector<Part> input{};  // at least one part
  std::string id{};           // rvAgent: the task's id, made when empty; others: of this side only
  std::string task_id{};      // continues this task of the peer
  std::string context_id{};
  std::string message_id{};  // made when empty; the same when the spec is sent again
  std::vector<std::string> accepted_output_modes{};
  std::optional<std::uint32_t> history_length{};
  bool blocking = true;  // wait for the task's end or for a question of it
  std::optional<TaskPolicy> policy{};
  std::optional<TaskEstimate> estimate{};
  TaskContext context{};
  std::string metadata{};  // a JSON object's text

  bool operator==(const TaskSpec&) const = default;
};

// Limits of all tasks of a client together, over the last 60 seconds.
struct ClientBudget {
  std::optional<double> max_usd_per_minute{};
  std::optional<std::uint64_t> max_tokens_per_minute{};
  std::optional<std::uint32_t> max_tasks_per_minute{};
};

// What a task with a limit of cost or tokens and no estimate at all gets.
enum class MissingEstimate : std::uint8_t { allow, reject };

}  // namespace ruvector
