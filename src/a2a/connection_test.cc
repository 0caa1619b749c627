#include "a2a/connection.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "a2a/test_codec.h"

namespace ruvector::a2a {
namespace {

using GotClient = Got<std::shared_ptr<A2aClient>>;
using Failing = net::Failure::Kind;

GotClient& begin(FakePeer& peer, GotClient& got, const std::string& url = FakePeer::kUrl,
                 ConnectOptions options = {}) {
  connect_in(peer.environment(), url, std::move(options), got.callback());
  peer.transport->run();
  return got;
}

void wait(FakePeer& peer, const GotClient& got) {
  ASSERT_TRUE(peer.transport->until([&] { return got.is_done; }));
}

TEST(Connection, TheCardIsLookedForBelowTheUrlAndThenAtTheRoot) {
  const auto places = [](const char* base) {
    std::vector<std::string> texts;
    for (const net::Url& place : card_places(net::Url::parse(base))) texts.push_back(place.str());
    return texts;
  };
  EXPECT_EQ(places("http://a.test"),
            (std::vector<std::string>{"http://a.test/.well-known/agent-card.json",
                                      "http://a.test/.well-known/agent.json"}));
  EXPECT_EQ(places("http://a.test/x/y/"),
            (std::vector<std::string>{"http://a.test/x/y/.well-known/agent-card.json",
                                      "http://a.test/x/y/.well-known/agent.json",
                                      "http://a.test/.well-known/agent-card.json",
                                      "http://a.test/.well-known/agent.json"}));
}

TEST(Connection, TheFirstCardThatIsThereIsTaken) {
  FakePeer peer;
  GotClient got;
  begin(peer, got, "http://peer.test/deep");
  const auto first = peer.transport->last();
  EXPECT_EQ(first->request.method, "GET");
  EXPECT_EQ(first->header("A2A-Version"), "1.0");
  EXPECT_EQ(first->header("Accept"), "application/json");
  EXPECT_EQ(first->request.max_body_bytes, std::size_t{1} << 20);
  for (const int status : {404, 405, 410}) peer.transport->last()->answer(status, "");
  EXPECT_EQ(peer.transport->last()->request.url, "http://peer.test/.well-known/agent.json");
  peer.transport->last()->answer(200, "card me");
  wait(peer, got);
  ASSERT_NE(got.value, nullptr);
  EXPECT_EQ(got.value->card().agent_id, "me");
  EXPECT_EQ(got.value->endpoint(), "http://peer.test/rpc");
  EXPECT_EQ(got.value->protocol(), Protocol::v1_0);
  EXPECT_EQ(peer.transport->started(), 4u);
}

TEST(Connection, AWrongCardIsFinal) {
  FakePeer peer;
  GotClient got;
  begin(peer, got);
  peer.transport->last()->answer(200, "bad");
  wait(peer, got);
  EXPECT_TRUE(got.failed_with<CardSignatureInvalid>());
  EXPECT_EQ(peer.transport->started(), 1u);
}

TEST(Connection, WhoMustLogInIsToldAndOtherPlacesAreNotAsked) {
  for (const int status : {401, 403}) {
    FakePeer peer;
    GotClient got;
    begin(peer, got);
    peer.transport->last()->answer(status, "");
    EXPECT_TRUE(got.failed_with<AuthRequired>()) << status;
    EXPECT_EQ(peer.transport->started(), 1u);
  }
}

TEST(Connection, OtherStatusesAreErrorsWithTheStatus) {
  for (const int status : {301, 400, 500}) {
    FakePeer peer;
    GotClient got;
    begin(peer, got);
    peer.transport->last()->answer(status, "");
    ASSERT_TRUE(got.failed_with<TransportError>()) << status;
    try {
      std::rethrow_exception(got.error);
    } catch (const A2aError& error) {
      EXPECT_EQ(error.details().http_status, status);
    }
    EXPECT_EQ(peer.transport->started(), 1u);
  }
}

TEST(Connection, WhereThereIsNoCardTheLastStatusIsTold) {
  FakePeer peer;
  GotClient got;
  begin(peer, got);
  peer.transport->last()->answer(404, "");
  peer.transport->last()->answer(404, "");
  EXPECT_TRUE(got.failed_with<TransportError>());
  EXPECT_EQ(peer.transport->started(), 2u);
}

TEST(Connection, AnUnreachablePeerIsAskedAgainAndThenGivenUp) {
  FakePeer peer;
  GotClient got;
  begin(peer, got);
  for (int i = 0; i < 3; ++i) {
    peer.transport->last()->fail(Failing::connect, false);
    peer.transport->advance(std::chrono::seconds(1));
  }
  EXPECT_TRUE(got.failed_with<TransportError>());
  EXPECT_EQ(peer.transport->started(), 3u);
}

TEST(Connection, ACardThatTheCallerHasOpensNoConnection) {
  FakePeer peer;
  for (const char* url : {"", FakePeer::kUrl}) {
    GotClient got;
    begin(peer, got, url, {.card = "card mine"});
    wait(peer, got);
    ASSERT_NE(got.value, nullptr);
    EXPECT_EQ(got.value->card().agent_id, "mine");
  }
  GotClient wrong;
  begin(peer, wrong, "", {.card = "bad"});
  wait(peer, wrong);
  EXPECT_TRUE(wrong.failed_with<CardSignatureInvalid>());
  EXPECT_EQ(peer.transport->started(), 0u);
}

TEST(Connection, AKnownCardIsAskedForWithItsEtagAndVerifiedAgain) {
  FakePeer peer;
  GotClient first;
  begin(peer, first);
  EXPECT_EQ(peer.transport->last()->header("If-None-Match"), "");
  peer.transport->last()->answer(404, "");
  peer.transport->last()->answer(200, "card me", {{"etag", "\"1\""}});
  wait(peer, first);
  GotClient second;
  begin(peer, second);
  const auto asked = peer.transport->last();
  EXPECT_EQ(asked->request.url, "http://peer.test/.well-known/agent.json");  // where it was
  EXPECT_EQ(asked->header("If-None-Match"), "\"1\"");
  asked->answer(304, "");
  wait(peer, second);
  ASSERT_NE(second.value, nullptr);
  EXPECT_EQ(second.value->card().agent_id, "me");
}

TEST(Connection, ACardThatDoesNotVerifyIsNotKept) {
  FakePeer peer;
  GotClient first;
  begin(peer, first);
  peer.transport->last()->answer(200, "bad", {{"etag", "\"1\""}});
  wait(peer, first);
  EXPECT_FALSE(peer.cards->find(FakePeer::kUrl));
  GotClient second;
  begin(peer, second);
  EXPECT_EQ(peer.transport->last()->header("If-None-Match"), "");
  peer.transport->last()->answer(304, "");  // to a question that was not asked
  wait(peer, second);
  EXPECT_TRUE(second.failed_with<TransportError>());
}

TEST(Connection, CardsThatAreShownToSomebodyAreNotKeptForOthers) {
  FakePeer peer;
  GotClient got;
  begin(peer, got, FakePeer::kUrl, {.authorization = [](bool) { return "Bearer x"; }});
  ASSERT_TRUE(peer.transport->until([&] { return peer.transport->started() == 1; }));
  EXPECT_EQ(peer.transport->last()->header("Authorization"), "Bearer x");
  peer.transport->last()->answer(200, "card me", {{"etag", "\"1\""}});
  wait(peer, got);
  EXPECT_FALSE(peer.cards->find(FakePeer::kUrl));
}

TEST(Connection, ACancelledConnectionSaysSo) {
  FakePeer peer;
  GotClient got;
  const auto cancel = connect_in(peer.environment(), FakePeer::kUrl, {}, got.callback());
  peer.transport->run();
  cancel();
  peer.transport->run();
  EXPECT_TRUE(got.failed_with<Cancelled>());
  EXPECT_TRUE(peer.transport->last()->is_cancelled);
}

TEST(Connection, WrongArgumentsAreThrownAtOnce) {
  FakePeer peer;
  GotClient got;
  EXPECT_THROW(begin(peer, got, ""), std::invalid_argument);
  EXPECT_THROW(begin(peer, got, "ftp://peer.test"), std::invalid_argument);
  EXPECT_THROW(begin(peer, got, FakePeer::kUrl, {.api_key = "a\nb"}), std::invalid_argument);
  EXPECT_THROW(begin(peer, got, FakePeer::kUrl, {.budget = {.max_usd_per_minute = -1.0}}),
               std::invalid_argument);
  EXPECT_FALSE(got.is_done);
  EXPECT_EQ(peer.transport->started(), 0u);
}

}  // namespace
}  // namespace ruvector::a2a
