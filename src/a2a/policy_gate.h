// What a task must pass before a byte of it is sent. In this order: it is valid, the client's
// budget, recursion, allowed_skills, max_concurrency, max_cost_usd, max_tokens. Thread-safe; tasks
// are judged one after the other, so together they get no more than the limits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "a2a/budget_ledger.h"
#include "ruvector/a2a/agent_card.h"
#include "ruvector/a2a/task_spec.h"

namespace ruvector::a2a {

using CostEstimator = std::function<std::optional<TaskEstimate>(const TaskSpec&, const AgentCard&)>;

class PolicyGate {
 public:
  struct Options {
    ClientBudget budget{};
    CostEstimator cost_estimator{};
    MissingEstimate on_missing_estimate = MissingEstimate::allow;
  };

  // Throws std::invalid_argument for a budget that is none.
  PolicyGate(Options options, BudgetLedger::Clock clock);

  // A task in flight, until the ticket goes.
  using Ticket = std::shared_ptr<void>;
  struct Admitted {
    Ticket ticket;
    bool without_estimate = false;  // a limit of cost or tokens was not compared with anything
  };

  // Counts and charges the task, once for all its attempts. Throws std::invalid_argument,
  // BudgetExceeded, RecursionLimit, PolicyViolation, what the estimator throws; then nothing is
  // counted.
  Admitted admit(const TaskSpec& spec, const AgentCard& card);

  std::uint32_t in_flight() const noexcept { return in_flight_->load(); }

 private:
  TaskEstimate estimate_of(const TaskSpec& spec, const AgentCard& card) const;
  bool lacks_estimate(const TaskPolicy& policy, const TaskEstimate& estimate) const;
  void require_estimates(const TaskPolicy& policy, const TaskEstimate& estimate) const;
  void require_policy(const TaskSpec& spec, const TaskEstimate& estimate) const;

  const Options options_;
  BudgetLedger ledger_;
  const std::shared_ptr<std::atomic<std::uint32_t>> in_flight_;  // outlives the gate with a ticket
};

// Throws std::invalid_argument for a spec without input or with a wrong trace id, PolicyViolation
// for limits and estimates that are negative or not finite.
void require_valid(const TaskSpec& spec);

}  // namespace ruvector::a2a
