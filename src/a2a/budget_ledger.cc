#include "a2a/budget_ledger.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "a2a/number_text.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

namespace {

// Tasks that come together are kept together, so that the ledger stays small.
constexpr std::chrono::milliseconds kGrain{1};

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b
             ? std::numeric_limits<std::uint64_t>::max()
             : a + b;
}

[[noreturn]] void refuse(const char* dimension, const std::string& used, const std::string& wanted,
                         const std::string& limit) {
  throw BudgetExceeded("budget: " + used + " " + dimension + " in the last 60 s and " + wanted +
                           " for this task are above the limit of " + limit + " per minute",
                       dimension);
}

}  // namespace

BudgetLedger::BudgetLedger(const ClientBudget& budget, Clock clock)
    : budget_(budget), clock_(std::move(clock)) {
  const double usd = budget.max_usd_per_minute.value_or(0);
  if (!std::isfinite(usd) || usd < 0) {
    throw std::invalid_argument("max_usd_per_minute: " + number_text(usd) +
                                " is negative or not finite");
  }
}

BudgetLedger::Admission BudgetLedger::admit(const TaskEstimate& estimate) {
  Admission admission(*this, estimate.cost_usd.value_or(0), estimate.tokens.value_or(0));
  admission.now_ = clock_();
  forget_old(admission.now_);
  require_room(admission.usd_, admission.tokens_);
  return admission;
}

void BudgetLedger::require_room(double usd, std::uint64_t tokens) const {
  if (budget_.max_usd_per_minute) {
    const double limit = *budget_.max_usd_per_minute;
    if (usd_ + usd > limit + kUsdTolerance) {
      refuse("usd", number_text(static_cast<double>(usd_)), number_text(usd), number_text(limit));
    }
  }
  if (budget_.max_tokens_per_minute) {
    const std::uint64_t limit = *budget_.max_tokens_per_minute;
    if (tokens_ > limit || tokens > limit - tokens_) {
      refuse("tokens", std::to_string(tokens_), std::to_string(tokens), std::to_string(limit));
    }
  }
  if (budget_.max_tasks_per_minute && tasks_ + 1 > *budget_.max_tasks_per_minute) {
    refuse("tasks", std::to_string(tasks_), "1", std::to_string(*budget_.max_tasks_per_minute));
  }
}

void BudgetLedger::forget_old(TimePoint now) {
  while (!entries_.empty() && now - entries_.front().last >= kWindow) {
    const Entry& old = entries_.front();
    usd_ -= old.usd;
    tokens_ -= old.tokens;
    tasks_ -= old.tasks;
    entries_.pop_front();
  }
  if (entries_.empty()) usd_ = 0;  // what rounding has left
}

void BudgetLedger::Admission::charge() {
  BudgetLedger& l = ledger_;
  if (!l.budget_.max_tasks_per_minute && !l.limits_usd() && !l.limits_tokens()) return;
  if (l.entries_.empty() || now_ - l.entries_.back().first >= kGrain) {
    l.entries_.push_back({.first = now_, .last = now_});
  }
  Entry& last = l.entries_.back();
  last.last = now_;
  // Tokens that nobody limits are counted no further than they go.
  const std::uint64_t tokens = saturating_sum(l.tokens_, tokens_) - l.tokens_;
  last.usd += usd_;
  last.tokens += tokens;
  ++last.tasks;
  l.usd_ += usd_;
  l.tokens_ += tokens;
  ++l.tasks_;
}

}  // namespace ruvector::a2a
