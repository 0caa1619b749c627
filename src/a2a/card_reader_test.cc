#include "a2a/card_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "a2a/test_cards.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using testing::HasSubstr;

AgentCard read(std::string_view text) {
  const Json json = parse_json(text, "test");
  return read_card(json, card_dialect(json));
}

std::string error_of(std::string_view text) {
  try {
    read(text);
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "";
}

TEST(CardReader, ReadsRvAgentsCard) {
  const AgentCard card = read(golden_text("rvagent_card.json"));
  EXPECT_EQ(card.protocol, Protocol::rvagent);
  EXPECT_EQ(card.name, "rvagent-peer");
  EXPECT_EQ(card.url, "http://127.0.0.1:18741");
  EXPECT_EQ(card.version, "0.1.0");
  EXPECT_TRUE(card.capabilities.streaming);
  EXPECT_FALSE(card.capabilities.push_notifications);
  ASSERT_TRUE(card.provider.has_value());
  EXPECT_EQ(card.provider->organization, "test");
  ASSERT_EQ(card.skills.size(), 3U);
  EXPECT_EQ(card.skills[1].id, "slow");
  EXPECT_EQ(card.skills[1].input_modes, std::vector<std::string>{"text/plain"});
  EXPECT_EQ(card.interfaces, (std::vector<AgentInterface>{{card.url, "JSONRPC", "", ""}}));
  EXPECT_THAT(card.metadata, HasSubstr("{\"ruvector\":{\"agent_id\":\"bb42f5a0"));
  EXPECT_EQ(card.agent_id, "");
}

TEST(CardReader, ReadsCardsOf1_0) {
  for (const char* name : {"cards/py10.json", "cards/js10.json"}) {
    const AgentCard card = read(golden_text(name));
    EXPECT_EQ(card.protocol, Protocol::v1_0);
    ASSERT_EQ(card.interfaces.size(), 2U);
    EXPECT_EQ(card.interfaces[0].binding, "JSONRPC");
    EXPECT_EQ(card.interfaces[0].version, "1.0");
    EXPECT_EQ(card.interfaces[1].binding, "HTTP+JSON");
    EXPECT_THAT(card.interfaces[1].url, HasSubstr("/rest"));
    EXPECT_EQ(card.url, card.interfaces[0].url);
    EXPECT_EQ(card.protocol_version, "1.0");
    EXPECT_THAT(card.description, HasSubstr("test agent \xc3\xa9"));
    EXPECT_TRUE(card.capabilities.push_notifications);
    EXPECT_FALSE(card.capabilities.extended_agent_card);
    EXPECT_EQ(card.default_input_modes, std::vector<std::string>{"text/plain"});
    ASSERT_EQ(card.skills.size(), 1U);
    EXPECT_EQ(card.skills[0].tags, std::vector<std::string>{"test"});
  }
  const AgentCard hybrid = read(golden_text("cards/py10_hybrid.json"));
  ASSERT_EQ(hybrid.interfaces.size(), 3U);
  EXPECT_EQ(hybrid.interfaces[2].version, "0.3");
}

TEST(CardReader, ReadsCardsOf0_3) {
  for (const char* name : {"cards/py03.json", "cards/js03.json"}) {
    const AgentCard card = read(golden_text(name));
    EXPECT_EQ(card.protocol, Protocol::v0_3);
    EXPECT_EQ(card.protocol_version, "0.3.0");
    // The first of the additional ones is the main one again.
    ASSERT_EQ(card.interfaces.size(), 2U);
    EXPECT_EQ(card.interfaces[0].binding, "JSONRPC");
    EXPECT_EQ(card.interfaces[0].url, card.url);
    EXPECT_EQ(card.interfaces[1].binding, "HTTP+JSON");
    EXPECT_TRUE(card.capabilities.streaming);
  }
}

TEST(CardReader, ReadsWaysToLogIn) {
  const AgentCard v1 =
      read(R"({"name":"n","supportedInterfaces":[{"url":"u","protocolBinding":"GRPC",)"
           R"("protocolVersion":"1.0","tenant":"t"}],"securitySchemes":{)"
           R"("k":{"apiKeySecurityScheme":{"location":"header","name":"X-Key"}},)"
           R"("h":{"httpAuthSecurityScheme":{"scheme":"Bearer"}},"o":{"oauth2SecurityScheme":{}},)"
           R"("i":{"openIdConnectSecurityScheme":{}},"m":{"mtlsSecurityScheme":{}},"?":{}}})");
  EXPECT_EQ(v1.interfaces[0].tenant, "t");
  EXPECT_EQ(v1.auth_schemes, (std::vector<AuthScheme>{{"k", "apiKey", "header", "X-Key"},
                                                      {"h", "http", "bearer", ""},
                                                      {"o", "oauth2", "", ""},
                                                      {"i", "openIdConnect", "", ""},
                                                      {"m", "mutualTLS", "", ""},
                                                      {"?", "", "", ""}}));
  const AgentCard v0_3 = read(
      R"({"name":"n","url":"u","protocolVersion":"0.3.0","securitySchemes":{)"
      R"("k":{"type":"apiKey","in":"query","name":"key"},"h":{"type":"http","scheme":"basic"},)"
      R"("m":{"type":"mutualTLS"},"k2":{"in":"cookie","name":"c"},"h2":{"scheme":"bearer"},)"
      R"("o2":{"flows":{}},"i2":{"openIdConnectUrl":"u"},"m2":{}}})");
  EXPECT_EQ(v0_3.auth_schemes, (std::vector<AuthScheme>{{"k", "apiKey", "query", "key"},
                                                        {"h", "http", "basic", ""},
                                                        {"m", "mutualTLS", "", ""},
                                                        {"k2", "apiKey", "cookie", "c"},
                                                        {"h2", "http", "bearer", ""},
                                                        {"o2", "oauth2", "", ""},
                                                        {"i2", "openIdConnect", "", ""},
                                                        {"m2", "mutualTLS", "", ""}}));
  const AgentCard rvagent = read(
      replaced(golden_text("rvagent_card.json"), R"("schemes":[])", R"("schemes":["bearer"])"));
  EXPECT_EQ(rvagent.auth_schemes, (std::vector<AuthScheme>{{"bearer", "http", "bearer", ""}}));
}

TEST(CardReader, ReadsTheSchemesThatTheJavaScriptSdkWrites) {
  const AgentCard card = read(
      R"({"name":"n","supportedInterfaces":[{"url":"u","protocolBinding":"JSONRPC",)"
      R"("protocolVersion":"1.0"}],"securitySchemes":{"k":{"scheme":{)"
      R"("$case":"apiKeySecurityScheme","value":{"location":"Header","name":"X-Key"}}},)"
      R"("h":{"scheme":{"$case":"httpAuthSecurityScheme","value":{"scheme":"Bearer"}}},)"
      R"("o":{"scheme":{"$case":"oauth2SecurityScheme","value":{}}},)"
      R"("?":{"scheme":{"$case":"other","value":{}}},"e":{"scheme":{}},"t":{"scheme":"bearer"}}})");
  EXPECT_EQ(card.auth_schemes, (std::vector<AuthScheme>{{"k", "apiKey", "header", "X-Key"},
                                                        {"h", "http", "bearer", ""},
                                                        {"o", "oauth2", "", ""},
                                                        {"?", "", "", ""},
                                                        {"e", "", "", ""},
                                                        {"t", "", "", ""}}));
}

TEST(CardReader, TellsDialectsByTheShape) {
  const auto dialect = [](std::string_view text) { return card_dialect(parse_json(text, "test")); };
  EXPECT_EQ(dialect(R"({"supportedInterfaces":[{}],"protocolVersion":"0.3"})"), Protocol::v1_0);
  EXPECT_EQ(dialect(R"({"supportedInterfaces":[],"protocolVersion":"0.3"})"), Protocol::v0_3);
  EXPECT_EQ(dialect(R"({"protocolVersion":"0.2.5","authentication":{}})"), Protocol::v0_3);
  EXPECT_EQ(dialect(R"({"defaultInputModes":[]})"), Protocol::v0_3);
  EXPECT_EQ(dialect(R"({"authentication":{"schemes":[]}})"), Protocol::rvagent);
  EXPECT_EQ(dialect(R"({"metadata":{"ruvector":{}}})"), Protocol::rvagent);
  EXPECT_THAT(error_of(R"({"name":"n","url":"u"})"), HasSubstr("this is no agent's card"));
  EXPECT_THAT(error_of(R"({"protocolVersion":"1.0"})"), HasSubstr("\"1.0\" is none of"));
  EXPECT_THAT(error_of("[]"), HasSubstr("card is an array, not an object"));
}

TEST(CardReader, DemandsWhatACardMustHave) {
  const std::string rvagent = golden_text("rvagent_card.json");
  for (const char* name : {"name", "description", "url", "provider", "version", "capabilities"}) {
    Json card = parse_json(rvagent, "test");
    std::erase_if(card.members, [&](const Json::Member& member) { return member.first == name; });
    EXPECT_EQ(error_of(to_text(card)), "card." + std::string(name) + " is missing");
  }
  EXPECT_EQ(error_of(R"({"name":"n","protocolVersion":"0.3.0"})"), "card.url is missing");
  EXPECT_EQ(error_of(R"({"name":"","url":"u","protocolVersion":"0.3.0"})"), "card.name is empty");
  EXPECT_EQ(error_of(R"({"name":"n","supportedInterfaces":[{"url":"u"}]})"),
            "card.supportedInterfaces[0].protocolBinding is missing");
  EXPECT_EQ(error_of(R"({"name":"n","url":"u","protocolVersion":"0.3.0","skills":[{"name":"s"}]})"),
            "card.skills[0].id is missing");
  EXPECT_EQ(error_of(R"({"name":"n","url":"u","protocolVersion":"0.3.0","capabilities":[]})"),
            "card.capabilities is an array, not an object");
}

}  // namespace
}  // namespace ruvector::a2a
