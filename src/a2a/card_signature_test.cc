#include "a2a/card_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "a2a/test_cards.h"
#include "base/base64.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using testing::HasSubstr;

Json parse(std::string_view text) { return parse_json(text, "test"); }

std::string jws_error(const std::string& signatures) {
  try {
    jws_signatures_of(parse("{\"signatures\":" + signatures + '}'));
  } catch (const CardSignatureInvalid& error) {
    return error.what();
  }
  return "";
}

std::string entry(std::string_view header) {
  return R"([{"protected":")" + base::to_base64(header, base::Base64::url_safe) +
         R"(","signature":"AAAA"}])";
}

TEST(CardSignature, FindsRvAgentsSignature) {
  const auto found = ed25519_signature_of(parse(golden_text("rvagent_card.json")));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->public_key.size(), 32U);
  EXPECT_EQ(found->public_key.substr(0, 3), "\xea\x4a\x6c");
  EXPECT_EQ(found->signature.size(), 64U);
  EXPECT_EQ(found->signature.substr(0, 2), "\x82\x55");
}

TEST(CardSignature, NoSignatureIsNoError) {
  for (const char* text :
       {"{}", R"({"metadata":null})", R"({"metadata":{"ruvector":{}}})",
        R"({"metadata":{"signature":{}}})", R"({"signatures":null})", R"({"signatures":[]})"}) {
    EXPECT_FALSE(ed25519_signature_of(parse(text)).has_value());
    EXPECT_FALSE(jws_signatures_of(parse(text)).has_any);
  }
}

TEST(CardSignature, WhatStandsAtItsPlaceAndIsNoneIsMalformed) {
  const std::string key(64, 'a');
  const std::string signature(128, 'b');
  const auto text = [](const std::string& alg, const std::string& k, const std::string& s) {
    return R"({"alg":")" + alg + R"(","public_key":")" + k + R"(","signature":")" + s + R"("})";
  };
  const auto wrap = [](const std::string& value) {
    return parse(R"({"metadata":{"ruvector":{"signature":)" + value + "}}}");
  };
  EXPECT_TRUE(ed25519_signature_of(wrap(text("ed25519-hex", key, signature))).has_value());
  for (const std::string& bad :
       {std::string("null"), std::string("{}"), std::string("\"x\""), std::string("[]"),
        text("ed25519", key, signature), text("", key, signature),
        text("ed25519-hex", key.substr(2), signature), text("ed25519-hex", key + "aa", signature),
        text("ed25519-hex", key.substr(1) + 'g', signature), text("ed25519-hex", key, ""),
        text("ed25519-hex", key, signature.substr(1)),
        text("ed25519-hex", key, signature + "00")}) {
    EXPECT_THROW(ed25519_signature_of(wrap(bad)), CardSignatureInvalid) << bad;
  }
}

TEST(CardSignature, ReadsJsonWebSignatures) {
  const auto found = jws_signatures_of(parse(golden_text("cards/py10.json")));
  EXPECT_TRUE(found.has_any);
  ASSERT_EQ(found.known.size(), 1U);
  EXPECT_EQ(found.known[0].algorithm, base::SignatureAlgorithm::es256);
  EXPECT_EQ(found.known[0].kid, "test-1");
  EXPECT_EQ(found.known[0].signature.size(), 64U);
}

TEST(CardSignature, AnUnknownAlgorithmIsNotMalformed) {
  EXPECT_EQ(jws_error(entry(R"({"alg":"ES384"})")), "");
  const auto found =
      jws_signatures_of(parse("{\"signatures\":" + entry(R"({"alg":"ES384"})") + '}'));
  EXPECT_TRUE(found.has_any);
  EXPECT_TRUE(found.known.empty());
}

TEST(CardSignature, RefusesSharedSecretsAndNone) {
  for (const char* algorithm : {"none", "None", "NONE", "HS256", "hs256", "HS384", "HS512"}) {
    EXPECT_THAT(jws_error(entry(R"({"alg":")" + std::string(algorithm) + "\"}")),
                HasSubstr("protected.alg is"));
  }
}

TEST(CardSignature, RefusesMalformedJsonWebSignatures) {
  for (const std::string& bad :
       {std::string("{}"), std::string("\"x\""), std::string("[1]"), std::string("[{}]"),
        std::string(R"([{"protected":"e30"}])"), std::string(R"([{"signature":"AAAA"}])"),
        std::string(R"([{"protected":"e30=","signature":"AAAA"}])"),
        std::string(R"([{"protected":"bm9uZQ","signature":"AAAA"}])"), entry("{}"),
        entry(R"({"alg":1})"), entry(R"({"alg":"ES256","alg":"EdDSA"})"),
        entry(R"({"alg":"ES256","crit":["b64"],"b64":false})"), entry("[]"),
        std::string(R"([{"protected":"eyJhbGciOiJFUzI1NiJ9","signature":"A+A/"}])"),
        std::string(R"([{"protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AAAA","header":1}])")}) {
    EXPECT_THAT(jws_error(bad), HasSubstr("malformed signature")) << bad;
  }
  std::string many = "[";
  for (int i = 0; i < 17; ++i) {
    many += std::string(i == 0 ? "" : ",") +
            R"({"protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AAAA"})";
  }
  EXPECT_THAT(jws_error(many + ']'), HasSubstr("more than 16"));
}

TEST(CardSignature, IsTakenOutAndNothingElse) {
  EXPECT_EQ(to_text(without_ed25519_signature(parse(
                R"({"a":1,"metadata":{"ruvector":{"signature":{"alg":"x"}},"signature":2}})"))),
            R"({"a":1,"metadata":{"ruvector":{},"signature":2}})");
  EXPECT_EQ(to_text(without_jws_signatures(parse(R"({"a":{"signatures":1},"signatures":[]})"))),
            R"({"a":{"signatures":1}})");
}

}  // namespace
}  // namespace ruvector::a2a
