#include "a2a/card_pricing.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace ruvector::a2a {

namespace {

using nlohmann::json;

const json* member(const json* object, std::string_view name) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &*found;
}

bool is_signed(const AgentCard& card) {
  using Method = CardVerification::Method;
  const CardVerification& proof = card.verification;
  if (proof.method != Method::ed25519 && proof.method != Method::jws) return false;
  return std::ranges::find(proof.covered_fields, "metadata") != proof.covered_fields.end();
}

void read(const json* prices, TaskEstimate& estimate) {
  const json* cost = member(prices, "cost_usd");
  if (cost != nullptr && cost->is_number()) {
    const auto usd = cost->get<double>();
    if (std::isfinite(usd) && usd >= 0) estimate.cost_usd = usd;
  }
  const json* tokens = member(prices, "tokens");
  if (tokens != nullptr && tokens->is_number_unsigned()) {
    estimate.tokens = tokens->get<std::uint64_t>();
  }
}

}  // namespace

TaskEstimate card_estimate(const AgentCard& card, std::string_view skill) {
  TaskEstimate estimate;
  if (card.metadata.empty() || !is_signed(card)) return estimate;
  const json metadata = json::parse(card.metadata, nullptr, /*allow_exceptions=*/false);
  const json* pricing = member(member(&metadata, "ruvector"), "pricing");
  read(pricing, estimate);
  read(member(member(pricing, "skills"), skill), estimate);
  return estimate;
}

}  // namespace ruvector::a2a
