#include "a2a/card_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "a2a/canonical_json.h"
#include "a2a/card_signature.h"
#include "a2a/test_cards.h"
#include "base/digest.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Method = CardVerification::Method;

// The card of section 1.7, without its signature; sorted, so that this is what is signed.
std::string vector_text(std::string_view ruvector) {
  return R"({"authentication":{"schemes":[]},"capabilities":{"pushNotifications":false,)"
         R"("streaming":true},"description":"d","metadata":{"ruvector":)" +
         std::string(ruvector) +
         R"(},"name":"signer","provider":{"organization":"ruvector"},"skills":[{"description":"x",)"
         R"("id":"echo","inputModes":["text/plain"],"name":"echo","outputModes":["text/plain"],)"
         R"("tags":["test"]}],"url":"http://127.0.0.1:8080","version":"0.1.0"})";
}
std::string id_member(std::string_view id) { return "{\"agent_id\":\"" + std::string(id) + "\"}"; }

std::string signature_object(const std::string& alg, const std::string& key,
                             const std::string& signature) {
  return R"({"alg":")" + alg + R"(","public_key":")" + key + R"(","signature":")" + signature +
         "\"}";
}

Json* member(Json& object, std::string_view name) {
  for (Json::Member& m : object.members) {
    if (m.first == name) return &m.second;
  }
  return nullptr;
}

// `card` with the signature of `message`, by default of what rvAgent signs of `card`.
std::string signed_card(std::string_view card, unsigned char key, std::string message = "") {
  Json json = parse_json(card, "test");
  if (message.empty()) message = canonical_text(json, kRawForm);
  const std::string bytes = signature_of(key, message);
  Json* const ruvector = member(*member(json, "metadata"), "ruvector");
  ruvector->members.emplace_back(
      "signature", parse_json(signature_object("ed25519-hex", public_hex(key),
                                               base::to_hex(std::as_bytes(std::span(bytes)))),
                              "test"));
  return to_text(json);
}

TEST(CardVerifier, AcceptsTheSigningVector) {
  const std::string card = vector_text(
      "{\"agent_id\":\"" + std::string(kId7) + "\",\"signature\":" +
      signature_object("ed25519-hex",
                       "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
                       "9a25b999fff03415fd8955be0b359b04b0d8bd7a4a0fb1392e7ec022982ef6e2aa6eb22dddb"
                       "29b4ed55f2abe44385b7e1d6c0e6ad638976a814a7d797dd4880f") +
      '}');
  const AgentCard read = verified(card);
  EXPECT_EQ(read.agent_id, kId7);
  EXPECT_EQ(read.name, "signer");
  EXPECT_EQ(read.raw, card);
  EXPECT_EQ(read.metadata, "{\"ruvector\":" + id_member(kId7) + '}');
  EXPECT_EQ(read.verification.method, Method::ed25519);
  EXPECT_EQ(read.verification.canonical_form, "raw");
  EXPECT_FALSE(read.verification.is_pinned);
  EXPECT_THAT(read.verification.covered_fields,
              ElementsAre("authentication", "capabilities", "description", "metadata", "name",
                          "provider", "skills", "url", "version"));
  EXPECT_TRUE(read.verification.uncovered_fields.empty());
}

TEST(CardVerifier, AcceptsTheCardOfARealServer) {
  const AgentCard card = verified(golden_text("rvagent_card.json"));
  EXPECT_EQ(card.agent_id, kId7);
  EXPECT_EQ(card.name, "rvagent-peer");
  EXPECT_EQ(card.verification.canonical_form, "raw");
}

TEST(CardVerifier, RefusesEveryEditOfRvAgentsCard) {
  expect_no_edit_is_believed("rvagent_card.json", {});
}

// Who admits cards without a signature admits one that lost it, and no other edit.
TEST(CardVerifier, RefusesEveryEditButOneThatRemovesTheSignatureWhenThatIsAdmitted) {
  const std::string original = golden_text("rvagent_card.json");
  const AgentCard expected = verified(original);
  int admitted = 0;
  for_each_edit(parse_json(original, "test"), [&](const std::string& text) {
    auto card = accepted(text, kLax);
    if (!card.has_value()) return;
    if (!ed25519_signature_of(parse_json(text, "test")).has_value()) {
      ++admitted;
      EXPECT_EQ(card->verification.method, Method::tls);
      EXPECT_EQ(card->agent_id, "");
      return;
    }
    card->raw = expected.raw;
    card->verification = expected.verification;
    EXPECT_EQ(*card, expected) << text;
  });
  EXPECT_EQ(admitted, 6);  // metadata, ruvector and signature, renamed and removed
}

TEST(CardVerifier, AReSignedCardFailsOnlyWhenPinned) {
  const std::string other = signed_card(vector_text(id_member(kId9)), 9);
  EXPECT_EQ(verified(other).agent_id, kId9);
  EXPECT_THAT(refusal(other, {.expected_agent_id = std::string(kId7)}),
              HasSubstr("expected was " + std::string(kId7)));
  EXPECT_THAT(refusal(other, {.trusted_agents = {std::string(kId7)}}),
              HasSubstr("none of the trusted_agents"));
  const AgentCard pinned = verified(other, {.expected_agent_id = std::string(kId9)});
  EXPECT_TRUE(pinned.verification.is_pinned);
  EXPECT_TRUE(verified(other, {.trusted_agents = {std::string(kId7), std::string(kId9)}})
                  .verification.is_pinned);
}

TEST(CardVerifier, AnUnsignedCardHasNoIdentityToPin) {
  CardTrust lax = kLax;
  lax.expected_agent_id = kId7;
  EXPECT_THAT(refusal(vector_text(id_member(kId7)), lax), HasSubstr("without an identity"));
}

TEST(CardVerifier, ComparesEveryStatedIdentity) {
  const auto with = [](const std::string& ruvector) {
    return signed_card(vector_text(ruvector), 7);
  };
  EXPECT_EQ(refusal(with("{}")), "");
  EXPECT_EQ(refusal(with("{\"identity\":" + id_member(kId7) + '}')), "");
  for (const CardTrust& trust : {CardTrust{}, kLax}) {
    EXPECT_THAT(refusal(with(id_member(kId9)), trust), HasSubstr("metadata.ruvector.agent_id"));
    EXPECT_THAT(refusal(with("{\"agent_id\":7}"), trust), HasSubstr("agent_id is not"));
    EXPECT_THAT(refusal(with("{\"identity\":" + id_member(kId9) + '}'), trust),
                HasSubstr("metadata.ruvector.identity.agent_id"));
  }
  const std::string top = replaced(vector_text("{}"), R"("name":"signer")",
                                   "\"agentId\":\"" + std::string(kId9) + R"(","name":"signer")");
  EXPECT_THAT(refusal(signed_card(top, 7)), HasSubstr("agentId is not"));
}

// rvAgent verifies what its types have, so that a member which it does not know is not signed.
TEST(CardVerifier, AMemberThatIsNotSignedIsNotExposed) {
  const std::string plain = vector_text(id_member(kId7));
  const std::string card =
      signed_card(replaced(plain, R"("name":"signer")",
                           R"("documentationUrl":"http://evil.example","name":"signer")"),
                  7, plain);
  const AgentCard read = verified(card);
  EXPECT_EQ(read.documentation_url, "");
  EXPECT_EQ(read.verification.canonical_form, "rvagent");
  EXPECT_THAT(read.verification.uncovered_fields, ElementsAre("documentationUrl"));
}

// What serde_json fills in, drops and writes in another way before it signs.
TEST(CardVerifier, VerifiesWhatRvAgentsTypesMakeOfACard) {
  const std::string sparse = replaced(
      replaced(replaced(vector_text("{\"price\":1.50e21}"), R"("pushNotifications":false,)", ""),
               R"("tags":["test"])", R"("more":1)"),
      R"("organization":"ruvector")", R"("organization":"ruvector","url":null)");
  for (const char* price : {"1.5e21", "1.5e+21"}) {
    const std::string text = replaced(vector_text("{\"price\":" + std::string(price) + '}'),
                                      R"("tags":["test"])", R"("tags":[])");
    const AgentCard read = verified(signed_card(sparse, 7, text));
    EXPECT_EQ(read.verification.canonical_form, "rvagent");
    EXPECT_THAT(read.verification.uncovered_fields, ElementsAre("skills[0].more"));
  }
}

TEST(CardVerifier, AMalformedSignatureIsInvalidInEveryMode) {
  const std::string good = golden_text("rvagent_card.json");
  const std::string key = public_hex(7);
  std::string upper = key;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  EXPECT_EQ(refusal(replaced(good, key, upper)), "");  // as upstream reads it
  for (const std::string& bad :
       {replaced(good, key, key.substr(2)), replaced(good, key, key + "00"),
        replaced(good, key, std::string(64, '0')), replaced(good, key, std::string(63, 'f') + 'g'),
        replaced(good, "ed25519-hex", "ed25519"), replaced(good, "\"alg\"", "\"algo\""),
        replaced(good, "\"public_key\"", "\"publicKey\"")}) {
    EXPECT_NE(refusal(bad), "") << bad;
    EXPECT_NE(refusal(bad, kLax), "") << bad;
  }
}

TEST(CardVerifier, AMovedOrRenamedSignatureIsMissing) {
  const std::string good = golden_text("rvagent_card.json");
  EXPECT_THAT(refusal(replaced(good, R"("signature":{)", R"("signatur":{)")),
              HasSubstr("no signature"));
  EXPECT_THAT(refusal(replaced(good, R"("ruvector":{"agent_id")", R"("ruvectors":{"agent_id")")),
              HasSubstr("no signature"));
}

TEST(CardVerifier, RefusesRepeatedMembers) {
  const std::string good = golden_text("rvagent_card.json");
  EXPECT_THROW(verified(replaced(good, R"("version":)", R"("name":"x","version":)"), kLax),
               ProtocolError);
}

TEST(CardVerifier, RefusesSignaturesOfBothKinds) {
  const std::string card =
      replaced(golden_text("rvagent_card.json"), R"({"name":"rvagent-peer")",
               R"({"signatures":[{"protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AAAA"}],)"
               R"("name":"rvagent-peer")");
  EXPECT_THAT(refusal(card), HasSubstr("both kinds"));
}

// --- unsigned cards

TEST(CardVerifier, AdmitsAnUnsignedCardOnlyWhenTold) {
  const std::string card = golden_text("cards/js03.json");
  EXPECT_THAT(refusal(card), HasSubstr("it has no signature"));
  EXPECT_THAT(refusal(card, {.is_https = true}), HasSubstr("it has no signature"));
  EXPECT_THAT(refusal(card, {.trust = Trust::tls}), HasSubstr("did not come by https"));
  EXPECT_EQ(verified(card, {.trust = Trust::tls, .is_https = true}).verification.method,
            Method::tls);
  const AgentCard lax = verified(card, {.strict_verify = false});
  EXPECT_EQ(lax.verification.method, Method::none);
  EXPECT_EQ(lax.name, "js03");
  EXPECT_EQ(lax.agent_id, "");
  EXPECT_TRUE(lax.verification.covered_fields.empty());
}

// --- arguments

TEST(CardVerifier, RefusesTrustThatMakesNoSense) {
  const std::string card = golden_text("rvagent_card.json");
  EXPECT_THROW(verified(card, {.expected_agent_id = "abc"}), std::invalid_argument);
  EXPECT_THROW(verified(card, {.expected_agent_id = std::string(64, 'A')}), std::invalid_argument);
  EXPECT_THROW(verified(card, {.trusted_agents = {std::string(kId7), ""}}), std::invalid_argument);
  EXPECT_THROW(verified(card, {.card_keys = "{}"}), std::invalid_argument);
}

TEST(CardVerifier, WhatIsNoCardIsAProtocolError) {
  for (const char* text : {"", "<html>", "[]", "{}", R"({"name":"n","url":"u"})"}) {
    EXPECT_THROW(verified(text, kLax), ProtocolError) << text;
  }
  EXPECT_THROW(verify_card(golden_text("rvagent_card.json"), {}, {.bytes = 100}), ProtocolError);
}

}  // namespace
}  // namespace ruvector::a2a
