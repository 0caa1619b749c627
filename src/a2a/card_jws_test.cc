// Cards that are signed by JSON Web Signatures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "a2a/canonical_json.h"
#include "a2a/card_verifier.h"
#include "a2a/test_cards.h"
#include "base/base64.h"
#include "base/digest.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using base::Base64;
using testing::ElementsAre;
using testing::HasSubstr;
using Method = CardVerification::Method;

CardTrust with_keys() { return {.card_keys = golden_text("cards/jwks.json")}; }

struct RealCard {
  const char* file;
  const char* form;
  Protocol dialect;
  std::vector<std::string> uncovered;
};

// Nothing in these is required and empty, so that the SDKs' texts are the specification's.
const std::vector<RealCard>& real_cards() {
  static const std::vector<RealCard> kCards = {
      {"cards/py03.json", "python-0.3", Protocol::v0_3, {}},
      {"cards/py10.json", "raw-jcs", Protocol::v1_0, {}},
      {"cards/py10_hybrid.json",
       "spec",
       Protocol::v1_0,
       {"preferredTransport", "protocolVersion", "url"}},
      {"cards/js10.json", "spec", Protocol::v1_0, {}},
      {"cards/js10_hybrid.json", "spec", Protocol::v1_0, {}},
  };
  return kCards;
}

TEST(CardJws, AcceptsTheSignedCardsOfTheOfficialSdks) {
  for (const RealCard& real : real_cards()) {
    const AgentCard card = verified(golden_text(real.file), with_keys());
    EXPECT_EQ(card.verification.method, Method::jws) << real.file;
    EXPECT_EQ(card.verification.canonical_form, real.form) << real.file;
    EXPECT_EQ(card.verification.key_id, "test-1");
    EXPECT_EQ(card.verification.uncovered_fields, real.uncovered) << real.file;
    EXPECT_TRUE(card.verification.is_pinned);
    EXPECT_EQ(card.protocol, real.dialect);
    EXPECT_EQ(card.agent_id, "");
    EXPECT_GE(card.interfaces.size(), 2U);
  }
}

TEST(CardJws, RefusesASignatureOfAnotherFormOfTheCard) {
  EXPECT_THAT(refusal(golden_text("cards/js10_hybrid_0_3.json"), with_keys()),
              HasSubstr("none of its signatures verifies"));
}

TEST(CardJws, RefusesEveryEditOfAnOfficialCard) {
  for (const RealCard& real : real_cards()) expect_no_edit_is_believed(real.file, with_keys());
}

TEST(CardJws, ASignedCardNeedsKeysInEveryMode) {
  const std::string card = golden_text("cards/py10.json");
  EXPECT_THAT(refusal(card), HasSubstr("no card_keys"));
  EXPECT_THAT(refusal(card, kLax), HasSubstr("no card_keys"));
}

// A card of 1.0 whose canonical texts differ by form: an accent, an empty member, a float.
constexpr std::string_view kCard10 =
    R"({"name":"\u00e9","description":"","supportedInterfaces":[{"url":"http://127.0.0.1/",)"
    R"("protocolBinding":"JSONRPC","protocolVersion":"1.0"}],"version":"1","capabilities":{)"
    R"("extensions":[{"uri":"u","params":{"f":1e16,"\u00e9":1.0}}]},"defaultInputModes":[]})";
constexpr std::string_view kInterfacesTail =
    R"("supportedInterfaces":[{"protocolBinding":"JSONRPC","protocolVersion":"1.0",)"
    R"("url":"http://127.0.0.1/"}],"version":"1"})";

std::string jwk(unsigned char key, const std::string& kid) {
  const auto bytes = base::ed25519_public_key(seed(key));
  const std::string raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return R"({"kty":"OKP","crv":"Ed25519","kid":")" + kid + R"(","x":")" +
         base::to_base64(raw, Base64::url_safe) + "\"}";
}
CardTrust with_set(const std::string& keys) { return {.card_keys = "{\"keys\":[" + keys + "]}"}; }

std::string jws_entry(unsigned char key, std::string_view header, std::string_view payload) {
  const std::string head = base::to_base64(header, Base64::url_safe);
  const std::string input = head + '.' + base::to_base64(payload, Base64::url_safe);
  return R"({"protected":")" + head + R"(","signature":")" +
         base::to_base64(signature_of(key, input), Base64::url_safe) + "\"}";
}
std::string with_signatures(std::string_view card, const std::string& entries) {
  return std::string(card.substr(0, card.size() - 1)) + ",\"signatures\":[" + entries + "]}";
}
constexpr std::string_view kHeader = R"({"alg":"EdDSA","kid":"k"})";

TEST(CardJws, FindsTheFormThatASignerUsed) {
  const std::string accent = "\xc3\xa9";
  const std::string tail(kInterfacesTail);
  const std::vector<std::pair<std::string, std::string>> forms = {
      {"raw-jcs", R"({"capabilities":{"extensions":[{"params":{"f":10000000000000000,")" + accent +
                      R"(":1},"uri":"u"}]},"defaultInputModes":[],"description":"","name":")" +
                      accent + "\"," + tail},
      {"sdk-1.x", R"({"capabilities":{"extensions":[{"params":{"f":10000000000000000,")" + accent +
                      R"(":1},"uri":"u"}]},"name":")" + accent + "\"," + tail},
      {"python-1.0",
       R"({"capabilities":{"extensions":[{"params":{"f":1e+16,"\u00e9":1.0},"uri":"u"}]},)"
       R"("name":"\u00e9",)" +
           tail},
  };
  for (const auto& [form, payload] : forms) {
    const AgentCard card =
        verified(with_signatures(kCard10, jws_entry(7, kHeader, payload)), with_set(jwk(7, "k")));
    EXPECT_EQ(card.verification.canonical_form, form);
    EXPECT_EQ(card.name, accent);
    EXPECT_EQ(card.agent_id, kId7);
  }
}

TEST(CardJws, TakesTheSpecificationsForm) {
  const std::string card =
      replaced(std::string(kCard10), R"("version":"1")", R"("version":"1","x":1,"iconUrl":"")");
  const std::string payload =
      R"({"capabilities":{"extensions":[{"params":{"f":10000000000000000,")"
      "\xc3\xa9"
      R"(":1},"uri":"u"}]},"defaultInputModes":[],"description":"","name":")"
      "\xc3\xa9\"," +
      std::string(kInterfacesTail);
  const AgentCard read =
      verified(with_signatures(card, jws_entry(7, kHeader, payload)), with_set(jwk(7, "k")));
  EXPECT_EQ(read.verification.canonical_form, "spec");
  EXPECT_THAT(read.verification.uncovered_fields, ElementsAre("x"));
}

std::string jcs_entry(unsigned char key, std::string_view header) {
  return jws_entry(key, header, canonical_text(parse_json(kCard10, "test"), kRfc8785));
}

TEST(CardJws, TheKeyIdIsAHint) {
  const std::string card = with_signatures(kCard10, jcs_entry(7, kHeader));
  EXPECT_EQ(verified(card, with_set(jwk(7, "other"))).verification.key_id, "other");
  EXPECT_EQ(verified(card, with_set(jwk(9, "k") + ',' + jwk(7, ""))).verification.key_id, "");
  EXPECT_EQ(verified(card, with_set(jwk(7, "a") + ',' + jwk(7, "k"))).verification.key_id, "k");
  EXPECT_NE(refusal(card, with_set(jwk(9, "k"))), "");
}

TEST(CardJws, OneGoodSignatureOfSeveralIsEnough) {
  const std::string card = with_signatures(
      kCard10, jws_entry(9, R"({"alg":"ES384"})", "x") + ',' + jws_entry(9, kHeader, "x") + ',' +
                   jcs_entry(7, R"({"alg":"EdDSA","jku":"http://evil.example/keys"})"));
  EXPECT_EQ(verified(card, with_set(jwk(7, "k"))).verification.key_id, "k");
  EXPECT_THAT(refusal(with_signatures(kCard10, jws_entry(7, R"({"alg":"ES384"})", "x")),
                      with_set(jwk(7, "k"))),
              HasSubstr("none of its signatures is by"));
}

TEST(CardJws, TheAlgorithmIsTheKeys) {
  for (const char* algorithm : {"ES256", "RS256"}) {
    const std::string header = R"({"alg":")" + std::string(algorithm) + "\"}";
    EXPECT_NE(refusal(with_signatures(kCard10, jcs_entry(7, header)), with_set(jwk(7, "k"))), "");
  }
  for (const char* algorithm : {"none", "HS256"}) {
    const std::string header = R"({"alg":")" + std::string(algorithm) + "\"}";
    EXPECT_THAT(refusal(with_signatures(kCard10, jcs_entry(7, header)), kLax),
                HasSubstr("malformed signature"));
  }
}

}  // namespace
}  // namespace ruvector::a2a
