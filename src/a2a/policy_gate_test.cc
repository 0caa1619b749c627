#include "a2a/policy_gate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

BudgetLedger::Clock still() {
  return [] { return BudgetLedger::TimePoint(std::chrono::seconds(1)); };
}

TaskSpec asked(TaskPolicy policy = {}) {
  TaskSpec spec;
  spec.skill = "echo";
  spec.input = {Part{.text = "hello"}};
  spec.policy = std::move(policy);
  return spec;
}

// The field that a refusal names, with "budget:" before a dimension of the budget.
std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const PolicyViolation& error) {
    return error.field();
  } catch (const BudgetExceeded& error) {
    return "budget:" + error.dimension();
  } catch (const std::invalid_argument&) {
    return "invalid";
  }
  return "none";
}

std::string refusal(PolicyGate& gate, const TaskSpec& spec, const AgentCard& card = {}) {
  return refusal([&] { gate.admit(spec, card); });
}

TEST(PolicyGate, GatesAreAskedInTheirOrder) {
  PolicyGate gate({.budget = {.max_tasks_per_minute = 1}}, still());
  AgentCard card;
  card.agent_id = "peer";
  TaskSpec spec = asked({.max_tokens = 1,
                         .max_cost_usd = 1.0,
                         .allowed_skills = std::vector<std::string>{"other"},
                         .max_concurrency = 0});
  spec.estimate = {.cost_usd = 2.0, .tokens = 2};
  spec.context.visited_agents = {"peer"};
  spec.context.trace_id = "wrong";
  PolicyGate full({.budget = {.max_tasks_per_minute = 0}}, still());
  // Each gate is mended in turn; what is refused next is the next gate's.
  EXPECT_EQ(refusal(full, spec, card), "invalid");
  spec.context.trace_id.clear();
  EXPECT_EQ(refusal(full, spec, card), "budget:tasks");
  EXPECT_EQ(refusal(gate, spec, card), "visited_agents");
  spec.context.visited_agents.clear();
  EXPECT_EQ(refusal(gate, spec, card), "allowed_skills");
  spec.policy->allowed_skills = {"echo"};
  EXPECT_EQ(refusal(gate, spec, card), "max_concurrency");
  spec.policy->max_concurrency = 1;
  EXPECT_EQ(refusal(gate, spec, card), "max_cost_usd");
  spec.policy->max_cost_usd = 2.0;
  EXPECT_EQ(refusal(gate, spec, card), "max_tokens");
  spec.policy->max_tokens = 2;
  EXPECT_EQ(refusal(gate, spec, card), "none");  // so no refusal was charged
  EXPECT_EQ(refusal(gate, spec, card), "budget:tasks");
}

TEST(PolicyGate, ARefusalNamesTheFieldTheValueAndTheLimit) {
  PolicyGate gate({}, still());
  TaskSpec spec = asked({.max_cost_usd = 0.1});
  spec.estimate = {.cost_usd = 0.25};
  try {
    gate.admit(spec, {});
    FAIL() << "0.25 is above 0.1";
  } catch (const PolicyViolation& error) {
    EXPECT_EQ(error.field(), "max_cost_usd");
    EXPECT_EQ(error.value(), "0.25");
    EXPECT_EQ(error.limit(), "0.1");
    EXPECT_STREQ(error.what(), "max_cost_usd: estimate 0.25 is above the limit of 0.1");
  }
}

TEST(PolicyGate, AValueThatEqualsItsLimitPasses) {
  PolicyGate gate({}, still());
  TaskSpec spec = asked({.max_tokens = 5, .max_cost_usd = 0.25});
  spec.estimate = {.cost_usd = 0.25, .tokens = 5};
  EXPECT_EQ(refusal(gate, spec), "none");
  spec.estimate->cost_usd = std::nextafter(0.25, 1.0);
  EXPECT_EQ(refusal(gate, spec), "max_cost_usd");
  spec.estimate = {.cost_usd = 0.25, .tokens = 6};
  EXPECT_EQ(refusal(gate, spec), "max_tokens");
}

TEST(PolicyGate, NumbersThatAreNoAmountsAreRefused) {
  PolicyGate gate({}, still());
  for (const double value : {kNan, -0.01, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(refusal(gate, asked({.max_cost_usd = value})), "max_cost_usd") << value;
    TaskSpec spec = asked();
    spec.estimate = {.cost_usd = value};
    EXPECT_EQ(refusal(gate, spec), "estimate.cost_usd") << value;
    PolicyGate guessing(
        {.cost_estimator = [value](const TaskSpec&,
                                   const AgentCard&) { return TaskEstimate{.cost_usd = value}; }},
        still());
    EXPECT_EQ(refusal(guessing, asked()), "estimate.cost_usd") << value;
  }
}

TEST(PolicyGate, ATaskWithoutInputIsRefused) {
  PolicyGate gate({}, still());
  TaskSpec spec = asked();
  spec.input.clear();
  EXPECT_EQ(refusal(gate, spec), "invalid");
}

TEST(PolicyGate, TheFirstSourceThatKnowsGivesTheEstimate) {
  AgentCard card;
  card.metadata = R"({"ruvector":{"pricing":{"cost_usd":3,"tokens":3}}})";
  card.verification.method = CardVerification::Method::jws;
  card.verification.covered_fields = {"metadata"};
  const auto guess = [](const TaskSpec&, const AgentCard&) {
    return std::optional<TaskEstimate>({.cost_usd = 2.0});
  };
  PolicyGate gate({.cost_estimator = guess}, still());
  // The spec knows the cost: 1. The estimator would say 2. Only the card knows the tokens: 3.
  TaskSpec spec = asked({.max_tokens = 3, .max_cost_usd = 1.0});
  spec.estimate = {.cost_usd = 1.0};
  EXPECT_EQ(refusal(gate, spec, card), "none");
  spec.policy->max_tokens = 2;
  EXPECT_EQ(refusal(gate, spec, card), "max_tokens");
  spec.estimate.reset();
  spec.policy = TaskPolicy{.max_cost_usd = 2.0};
  EXPECT_EQ(refusal(gate, spec, card), "none");
  spec.policy->max_cost_usd = 1.99;
  EXPECT_EQ(refusal(gate, spec, card), "max_cost_usd");
  PolicyGate plain({}, still());
  spec.policy->max_cost_usd = 2.99;
  EXPECT_EQ(refusal(plain, spec, card), "max_cost_usd");
  card.verification.covered_fields = {"name"};  // the signature does not cover the price
  EXPECT_EQ(refusal(plain, spec, card), "none");
}

TEST(PolicyGate, AMissingEstimateIsAllowedAndSaidOrRefused) {
  PolicyGate lenient({}, still());
  EXPECT_TRUE(lenient.admit(asked({.max_cost_usd = 1.0}), {}).without_estimate);
  EXPECT_TRUE(lenient.admit(asked({.max_tokens = 1}), {}).without_estimate);
  EXPECT_FALSE(lenient.admit(asked({.max_duration_ms = 1}), {}).without_estimate);
  PolicyGate strict({.on_missing_estimate = MissingEstimate::reject}, still());
  EXPECT_EQ(refusal(strict, asked({.max_cost_usd = 1.0})), "max_cost_usd");
  EXPECT_EQ(refusal(strict, asked({.max_tokens = 1})), "max_tokens");
  EXPECT_EQ(refusal(strict, asked({.max_duration_ms = 1})), "none");
  PolicyGate rolling(
      {.budget = {.max_tokens_per_minute = 5}, .on_missing_estimate = MissingEstimate::reject},
      still());
  EXPECT_EQ(refusal(rolling, asked()), "max_tokens_per_minute");
}

TEST(PolicyGate, TasksInFlightCountUntilTheirTicketsGo) {
  PolicyGate gate({}, still());
  const TaskSpec spec = asked({.max_concurrency = 2});
  PolicyGate::Ticket first = gate.admit(spec, {}).ticket;
  PolicyGate::Ticket second = gate.admit(spec, {}).ticket;
  EXPECT_EQ(refusal(gate, spec), "max_concurrency");
  EXPECT_EQ(gate.in_flight(), 2u);
  second.reset();
  EXPECT_EQ(refusal(gate, spec), "none");
  first.reset();
  EXPECT_EQ(gate.in_flight(), 0u);
}

TEST(PolicyGate, AnEstimatorThatThrowsCostsNothing) {
  bool fails = true;
  PolicyGate gate(
      {.budget = {.max_tasks_per_minute = 1},
       .cost_estimator = [&](const TaskSpec&, const AgentCard&) -> std::optional<TaskEstimate> {
         if (fails) throw std::runtime_error("no idea");
         return std::nullopt;
       }},
      still());
  EXPECT_THROW(gate.admit(asked(), {}), std::runtime_error);
  EXPECT_EQ(gate.in_flight(), 0u);
  fails = false;
  EXPECT_EQ(refusal(gate, asked()), "none");
}

TEST(PolicyGate, ThreadsTogetherGetNoMoreThanTheLimit) {
  PolicyGate gate({}, still());
  const TaskSpec spec = asked({.max_concurrency = 3});
  std::vector<std::thread> threads;
  std::atomic<std::uint32_t> most{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        try {
          const PolicyGate::Ticket ticket = gate.admit(spec, {}).ticket;
          std::uint32_t seen = gate.in_flight();
          for (std::uint32_t high = most; seen > high && !most.compare_exchange_weak(high, seen);) {
          }
        } catch (const PolicyViolation&) {
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3u);
  EXPECT_GE(most, 1u);
  EXPECT_EQ(gate.in_flight(), 0u);
}

}  // namespace
}  // namespace ruvector::a2a
