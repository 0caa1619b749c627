#include "a2a/card_pricing.h"

#include <gtest/gtest.h>

namespace ruvector::a2a {
namespace {

AgentCard priced(std::string metadata) {
  AgentCard card;
  card.metadata = std::move(metadata);
  card.verification.method = CardVerification::Method::ed25519;
  card.verification.covered_fields = {"metadata", "name"};
  return card;
}

const char* const kPrices =
    R"({"ruvector":{"pricing":{"cost_usd":0.25,"tokens":100,"skills":{"cheap":{"cost_usd":0.01}}}}})";

TEST(CardPricing, ASkillsPriceGoesBeforeTheAgents) {
  EXPECT_EQ(card_estimate(priced(kPrices), "other"),
            (TaskEstimate{.cost_usd = 0.25, .tokens = 100}));
  EXPECT_EQ(card_estimate(priced(kPrices), "cheap"),
            (TaskEstimate{.cost_usd = 0.01, .tokens = 100}));
}

TEST(CardPricing, PricesThatNoSignatureCoversAreNotBelieved) {
  using Method = CardVerification::Method;
  for (const Method method : {Method::none, Method::tls}) {
    AgentCard card = priced(kPrices);
    card.verification.method = method;
    EXPECT_EQ(card_estimate(card, "cheap"), TaskEstimate{});
  }
  AgentCard uncovered = priced(kPrices);
  uncovered.verification.covered_fields = {"name"};
  EXPECT_EQ(card_estimate(uncovered, "cheap"), TaskEstimate{});
}

TEST(CardPricing, WhatIsNoPriceCountsAsNone) {
  for (const char* text :
       {"", "{}", "not json", R"({"ruvector":[]})", R"({"ruvector":{"pricing":7}})",
        R"({"ruvector":{"pricing":{"cost_usd":"1","tokens":-1}}})",
        R"({"ruvector":{"pricing":{"cost_usd":-1,"tokens":1.5,"skills":[]}}})"}) {
    EXPECT_EQ(card_estimate(priced(text), "cheap"), TaskEstimate{}) << text;
  }
}

}  // namespace
}  // namespace ruvector::a2a
