#include "a2a/policy_gate.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "a2a/card_pricing.h"
#include "a2a/number_text.h"
#include "a2a/task_context.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

namespace {

void require_amount(const char* field, std::optional<double> value) {
  if (!value || (std::isfinite(*value) && *value >= 0)) return;
  throw PolicyViolation(
      std::string(field) + ": " + number_text(*value) + " is negative or not finite", field,
      number_text(*value), "finite, not negative");
}

void require_estimate(const TaskEstimate& estimate) {
  require_amount("estimate.cost_usd", estimate.cost_usd);
}

[[noreturn]] void refuse(const char* field, const std::string& value, const std::string& limit,
                         const std::string& what) {
  throw PolicyViolation(
      std::string(field) + ": " + what + " " + value + " is above the limit of " + limit, field,
      value, limit);
}

[[noreturn]] void refuse_without_estimate(const char* field, const std::string& limit) {
  throw PolicyViolation(
      std::string(field) + ": the task has no estimate, and the limit is " + limit, field, "",
      limit);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

void require_skill(const TaskPolicy& policy, const std::string& skill) {
  if (!policy.allowed_skills) return;
  const auto& allowed = *policy.allowed_skills;
  if (std::ranges::find(allowed, skill) != allowed.end()) return;
  throw PolicyViolation("allowed_skills: '" + skill + "' is not among " +
                            (allowed.empty() ? "them, there are none" : joined(allowed)),
                        "allowed_skills", skill, joined(allowed));
}

// What `more` says where `known` says nothing.
void fill(TaskEstimate& known, const TaskEstimate& more) {
  if (!known.cost_usd) known.cost_usd = more.cost_usd;
  if (!known.tokens) known.tokens = more.tokens;
}

}  // namespace

void require_valid(const TaskSpec& spec) {
  if (spec.input.empty()) {
    throw std::invalid_argument("input: a task needs at least one part, and there is none");
  }
  require_trace_id(spec.context);
  if (spec.policy) require_amount("max_cost_usd", spec.policy->max_cost_usd);
  if (spec.estimate) require_estimate(*spec.estimate);
}

PolicyGate::PolicyGate(Options options, BudgetLedger::Clock clock)
    : options_(std::move(options)),
      ledger_(options_.budget, std::move(clock)),
      in_flight_(std::make_shared<std::atomic<std::uint32_t>>(0)) {}

TaskEstimate PolicyGate::estimate_of(const TaskSpec& spec, const AgentCard& card) const {
  TaskEstimate estimate = spec.estimate.value_or(TaskEstimate{});
  if (options_.cost_estimator && (!estimate.cost_usd || !estimate.tokens)) {
    const TaskEstimate guess = options_.cost_estimator(spec, card).value_or(TaskEstimate{});
    require_estimate(guess);
    fill(estimate, guess);
  }
  if (!estimate.cost_usd || !estimate.tokens) fill(estimate, card_estimate(card, spec.skill));
  return estimate;
}

PolicyGate::Admitted PolicyGate::admit(const TaskSpec& spec, const AgentCard& card) {
  require_valid(spec);
  const TaskEstimate estimate = estimate_of(spec, card);
  const TaskPolicy policy = spec.policy.value_or(TaskPolicy{});
  BudgetLedger::Admission admission = ledger_.admit(estimate);
  require_no_recursion(spec.context, card.agent_id);
  require_policy(spec, estimate);
  require_estimates(policy, estimate);
  // No exception may come between the charge and the end of the call.
  const std::shared_ptr<std::atomic<std::uint32_t>> count = in_flight_;
  Ticket ticket(count.get(), [count](void*) { count->fetch_sub(1); });
  count->fetch_add(1);
  admission.charge();
  return {.ticket = std::move(ticket), .without_estimate = lacks_estimate(policy, estimate)};
}

void PolicyGate::require_policy(const TaskSpec& spec, const TaskEstimate& estimate) const {
  if (!spec.policy) return;
  const TaskPolicy& policy = *spec.policy;
  require_skill(policy, spec.skill);
  // Tickets are given out while the ledger's admission lives, so this count cannot grow here.
  const std::uint32_t tasks = in_flight_->load() + 1;
  if (policy.max_concurrency && tasks > *policy.max_concurrency) {
    refuse("max_concurrency", std::to_string(tasks), std::to_string(*policy.max_concurrency),
           "number of tasks in flight");
  }
  if (policy.max_cost_usd && estimate.cost_usd && *estimate.cost_usd > *policy.max_cost_usd) {
    refuse("max_cost_usd", number_text(*estimate.cost_usd), number_text(*policy.max_cost_usd),
           "estimate");
  }
  if (policy.max_tokens && estimate.tokens && *estimate.tokens > *policy.max_tokens) {
    refuse("max_tokens", std::to_string(*estimate.tokens), std::to_string(*policy.max_tokens),
           "estimate");
  }
}

bool PolicyGate::lacks_estimate(const TaskPolicy& policy, const TaskEstimate& estimate) const {
  return (!estimate.cost_usd && (policy.max_cost_usd || ledger_.limits_usd())) ||
         (!estimate.tokens && (policy.max_tokens || ledger_.limits_tokens()));
}

void PolicyGate::require_estimates(const TaskPolicy& policy, const TaskEstimate& estimate) const {
  if (options_.on_missing_estimate == MissingEstimate::allow) return;
  const ClientBudget& budget = ledger_.budget();
  if (!estimate.cost_usd) {
    if (policy.max_cost_usd) {
      refuse_without_estimate("max_cost_usd", number_text(*policy.max_cost_usd));
    }
    if (budget.max_usd_per_minute) {
      refuse_without_estimate("max_usd_per_minute", number_text(*budget.max_usd_per_minute));
    }
  }
  if (!estimate.tokens) {
    if (policy.max_tokens) {
      refuse_without_estimate("max_tokens", std::to_string(*policy.max_tokens));
    }
    if (budget.max_tokens_per_minute) {
      refuse_without_estimate("max_tokens_per_minute",
                              std::to_string(*budget.max_tokens_per_minute));
    }
  }
}

}  // namespace ruvector::a2a
