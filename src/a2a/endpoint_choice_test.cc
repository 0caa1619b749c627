#include "a2a/endpoint_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "a2a/card_reader.h"
#include "a2a/test_cards.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using testing::HasSubstr;

std::optional<net::Url> at(std::string_view url) { return net::Url::parse(url); }

AgentCard golden_card(const std::string& name) {
  const Json json = parse_json(golden_text("cards/" + name), name);
  return read_card(json, card_dialect(json));
}

AgentCard card_with(std::vector<AgentInterface> interfaces, Protocol protocol = Protocol::v1_0) {
  AgentCard card;
  card.name = "test";
  card.protocol = protocol;
  card.interfaces = std::move(interfaces);
  if (!card.interfaces.empty()) card.url = card.interfaces.front().url;
  return card;
}

// The URL of a card of 1.0 that has one interface, at `url`.
std::string chosen(std::string_view url, std::string_view base, const EndpointWish& wish = {}) {
  return choose_endpoint(card_with({{std::string(url), "JSONRPC", "1.0", ""}}), at(base), wish).url;
}

TEST(EndpointChoice, TakesTheFirstInterfaceOfTheNewestProtocol) {
  const auto base = at("http://127.0.0.1:36583");
  const AgentCard card = golden_card("py10_hybrid.json");
  const Endpoint first = choose_endpoint(card, base, {});
  EXPECT_EQ(first.protocol, Protocol::v1_0);
  EXPECT_EQ(first.binding, Binding::jsonrpc);
  EXPECT_EQ(first.url, "http://127.0.0.1:36583/");
  const Endpoint rest = choose_endpoint(card, base, {.binding = Binding::http_json});
  EXPECT_EQ(rest.binding, Binding::http_json);
  EXPECT_EQ(rest.url, "http://127.0.0.1:36583/rest");
  const Endpoint old = choose_endpoint(card, base, {.protocol = Protocol::v0_3});
  EXPECT_EQ(old.protocol, Protocol::v0_3);
  EXPECT_EQ(old.binding, Binding::jsonrpc);
}

TEST(EndpointChoice, PrefersANewProtocolToTheOrderOfTheCard) {
  const AgentCard card = card_with({{"http://h/old", "JSONRPC", "0.3.0", ""},
                                    {"http://h/grpc", "GRPC", "1.0", ""},
                                    {"http://h/new", "http+json", "1.0.1", "t"}});
  const Endpoint endpoint = choose_endpoint(card, at("http://h"), {.extensions = {"urn:x"}});
  EXPECT_EQ(endpoint.url, "http://h/new");
  EXPECT_EQ(endpoint.binding, Binding::http_json);
  EXPECT_EQ(endpoint.tenant, "t");
  EXPECT_EQ(endpoint.extensions, std::vector<std::string>{"urn:x"});
  EXPECT_EQ(choose_endpoint(card, at("http://h"), {.binding = Binding::jsonrpc}).url,
            "http://h/old");
}

TEST(EndpointChoice, ReadsACardOf0_3) {
  const auto base = at("http://127.0.0.1:40747");
  const AgentCard card = golden_card("js03.json");
  EXPECT_EQ(choose_endpoint(card, base, {}).protocol, Protocol::v0_3);
  EXPECT_EQ(choose_endpoint(card, base, {.binding = Binding::http_json}).url,
            "http://127.0.0.1:40747/rest");
}

TEST(EndpointChoice, CallsRvAgentWhereTheCallerConnected) {
  AgentCard card = card_with({{"http://10.0.0.1:0", "JSONRPC", "", ""}}, Protocol::rvagent);
  EXPECT_EQ(choose_endpoint(card, at("http://127.0.0.1:8080/agents/a/"), {}).url,
            "http://127.0.0.1:8080/agents/a");
  EXPECT_EQ(choose_endpoint(card, at("http://127.0.0.1:8080"), {}).url, "http://127.0.0.1:8080/");
  EXPECT_THROW(choose_endpoint(card, std::nullopt, {}), ProtocolError);  // port 0
  card.url = "http://10.0.0.1:80/";
  EXPECT_EQ(choose_endpoint(card, std::nullopt, {}).url, "http://10.0.0.1/");
  EXPECT_THROW(choose_endpoint(card, std::nullopt, {.binding = Binding::http_json}),
               UnsupportedOperation);
}

TEST(EndpointChoice, AnotherOriginMustBeAllowed) {
  try {
    chosen("https://other.example/a2a", "https://peer.example");
    FAIL() << "it was taken";
  } catch (const ProtocolError& error) {
    EXPECT_THAT(error.what(), HasSubstr("https://other.example is not the card's origin "
                                        "https://peer.example"));
  }
  EXPECT_EQ(
      chosen("https://other.example/a2a/", "https://peer.example", {.allow_other_origin = true}),
      "https://other.example/a2a");
  EXPECT_EQ(chosen("http://other.example:8080/a2a?x=1", "https://peer.example/card",
                   {.allow_other_origin = true, .rewrite_to_origin = true}),
            "https://peer.example/a2a?x=1");
  EXPECT_THROW(chosen("http://peer.example/", "https://peer.example"), ProtocolError);
  EXPECT_THROW(chosen("https://peer.example:8443/", "https://peer.example"), ProtocolError);
  EXPECT_EQ(chosen("https://peer.example:443/x", "https://peer.example"), "https://peer.example/x");
}

TEST(EndpointChoice, SkipsAnInterfaceThatMayNotBeUsed) {
  const AgentCard card = card_with({{"http://elsewhere/", "JSONRPC", "1.0", ""},
                                    {"no url", "JSONRPC", "1.0", ""},
                                    {"http://h/rest", "HTTP+JSON", "1.0", ""}});
  EXPECT_EQ(choose_endpoint(card, at("http://h"), {}).url, "http://h/rest");
}

TEST(EndpointChoice, AServerThatDoesNotKnowItsNameIsWhereItWasReached) {
  for (const char* host : {"0.0.0.0", "[::]", "localhost", "127.0.0.1", "[::1]"}) {
    EXPECT_EQ(chosen("http://" + std::string(host) + ":9000/a", "http://peer.example:9000"),
              "http://peer.example:9000/a");
    EXPECT_THROW(chosen("http://" + std::string(host) + ":9001/a", "http://peer.example:9000"),
                 ProtocolError);
    EXPECT_THROW(chosen("http://" + std::string(host) + ":9000/a", "https://peer.example:9000"),
                 ProtocolError);
  }
}

TEST(EndpointChoice, ACardThatWasNotFetchedHasNoOrigin) {
  const AgentCard card = card_with({{"https://peer.example/x/", "JSONRPC", "1.0", ""}});
  EXPECT_EQ(choose_endpoint(card, std::nullopt, {}).url, "https://peer.example/x");
}

TEST(EndpointChoice, SaysWhatACardOffersInstead) {
  const AgentCard card =
      card_with({{"h:1", "GRPC", "1.0", ""}, {"http://h/", "JSONRPC", "2.0", ""}});
  try {
    choose_endpoint(card, at("http://h"), {});
    FAIL() << "there is none";
  } catch (const UnsupportedOperation& error) {
    EXPECT_THAT(error.what(), HasSubstr("it offers GRPC 1.0, JSONRPC 2.0"));
  }
  EXPECT_THROW(choose_endpoint(golden_card("js03.json"), at("http://127.0.0.1:40747"),
                               {.protocol = Protocol::v1_0}),
               UnsupportedOperation);
}

}  // namespace
}  // namespace ruvector::a2a
