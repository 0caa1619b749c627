// What the tasks of a client took in the last 60 seconds, against its budget.
// Thread-safe. Owns nothing but its entries; what limits nothing is not kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "ruvector/a2a/task_spec.h"

namespace ruvector::a2a {

class BudgetLedger {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Clock = std::function<TimePoint()>;
  static constexpr std::chrono::seconds kWindow{60};
  static constexpr double kUsdTolerance = 1e-9;

  // Throws std::invalid_argument for a limit that is negative or not finite.
  BudgetLedger(const ClientBudget& budget, Clock clock);

  // A task that fits and is not charged yet. While it lives no other task is let in, so it is to be
  // short.
  class Admission {
   public:
    // Counts the task; to be called once.
    void charge();

   private:
    friend class BudgetLedger;
    Admission(BudgetLedger& ledger, double usd, std::uint64_t tokens)
        : ledger_(ledger), lock_(ledger.mutex_), usd_(usd), tokens_(tokens) {}

    BudgetLedger& ledger_;
    std::unique_lock<std::mutex> lock_;
    TimePoint now_;
    double usd_;
    std::uint64_t tokens_;
  };

  // Throws BudgetExceeded when `estimate` goes above a limit; filling it exactly is permitted. What
  // is not estimated counts as nothing.
  Admission admit(const TaskEstimate& estimate);

  bool limits_usd() const noexcept { return budget_.max_usd_per_minute.has_value(); }
  bool limits_tokens() const noexcept { return budget_.max_tokens_per_minute.has_value(); }
  const ClientBudget& budget() const noexcept { return budget_; }

 private:
  struct Entry {
    TimePoint first;
    TimePoint last;
    double usd = 0;
    std::uint64_t tokens = 0;
    std::uint64_t tasks = 0;
  };

  void forget_old(TimePoint now);
  void require_room(double usd, std::uint64_t tokens) const;

  const ClientBudget budget_;
  const Clock clock_;
  std::mutex mutex_;
  std::deque<Entry> entries_;
  long double usd_ = 0;  // sums of the entries
  std::uint64_t tokens_ = 0;
  std::uint64_t tasks_ = 0;
};

}  // namespace ruvector::a2a
