#include "a2a/call.h"

#include <gtest/gtest.h>

#include "a2a/test_codec.h"

namespace ruvector::a2a {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Failing = net::Failure::Kind;
using Kind = RetryPolicy::Kind;

struct Peer {
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  std::shared_ptr<Link> link;
  std::vector<Call::Answer> answers;

  explicit Peer(const ConnectOptions& options = {})
      : link(std::make_shared<Link>(
            transport, options,
            RetryPolicy::Sources{.uniform = [] { return 0.5; },
                                 .unix_s = [] { return std::int64_t{0}; }})) {
    link->credentials().bind("http://peer.test");
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { transport->shut_down(); }

  A2aClient::Cancel call(Kind kind, std::optional<milliseconds> deadline = {}) {
    Call::Order order{.what = "get_task", .kind = kind, .deadline = deadline};
    order.request.url = "http://peer.test/rpc";
    const A2aClient::Cancel cancel = link->launch(std::make_shared<Call>(
        link, std::move(order), [this](Call::Answer got) { answers.push_back(std::move(got)); }));
    transport->run();
    return cancel;
  }
};

template <class Error>
bool is_error(const std::exception_ptr& error) {
  return Got<int>{.error = error}.failed_with<Error>();
}

TEST(Call, GivesTheWholeAnswerWhateverItsStatus) {
  Peer peer;
  peer.call(Kind::action);
  peer.transport->last()->head(500, {{"a", "b"}});
  peer.transport->last()->data("one ");
  peer.transport->last()->data("two");
  peer.transport->last()->end();
  ASSERT_EQ(peer.answers.size(), 1u);
  EXPECT_EQ(peer.answers[0].head.status, 500);
  EXPECT_EQ(peer.answers[0].head.header("a"), "b");
  EXPECT_EQ(peer.answers[0].body, "one two");
  EXPECT_EQ(peer.answers[0].error, nullptr);
}

TEST(Call, ReadsAreSentAgainAndActionsAreNot) {
  Peer peer;
  peer.call(Kind::read);
  peer.transport->last()->fail(Failing::broken);
  EXPECT_EQ(peer.transport->started(), 1u);
  peer.transport->advance(milliseconds(100));
  EXPECT_EQ(peer.transport->started(), 2u);
  peer.transport->last()->answer(200, "ok");
  ASSERT_EQ(peer.answers.size(), 1u);
  EXPECT_EQ(peer.answers[0].body, "ok");

  peer.call(Kind::action);
  peer.transport->last()->fail(Failing::broken);
  peer.transport->advance(seconds(10));
  EXPECT_EQ(peer.transport->started(), 3u);
  ASSERT_EQ(peer.answers.size(), 2u);
  EXPECT_TRUE(is_error<TransportError>(peer.answers[1].error));
  EXPECT_TRUE(peer.answers[1].may_have_run);
}

TEST(Call, AnActionThatWasNotSentIsSentAgainAndThenGivenUp) {
  Peer peer;
  peer.call(Kind::action);
  for (std::size_t attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(peer.transport->started(), attempt);
    peer.transport->last()->fail(Failing::connect, false);
    peer.transport->advance(seconds(1));
  }
  ASSERT_EQ(peer.answers.size(), 1u);
  EXPECT_TRUE(is_error<TransportError>(peer.answers[0].error));
  EXPECT_FALSE(peer.answers[0].may_have_run);
}

TEST(Call, TheServersDelayIsWaitedForAndThenTheRequestIsTheSame) {
  Peer peer;
  peer.call(Kind::action);
  peer.transport->last()->answer(429, "busy", {{"retry-after", "2"}});
  peer.transport->advance(milliseconds(1999));
  EXPECT_EQ(peer.transport->started(), 1u);
  peer.transport->advance(milliseconds(200));
  EXPECT_EQ(peer.transport->started(), 2u);
  peer.transport->last()->answer(200, "ok");
  EXPECT_EQ(peer.answers.at(0).body, "ok");
}

TEST(Call, TheDeadlineIsOfAllAttemptsTogether) {
  Peer peer;
  peer.call(Kind::read, milliseconds(1000));
  EXPECT_EQ(peer.transport->last()->request.total_timeout, milliseconds(1000));
  peer.transport->advance(milliseconds(600));
  peer.transport->last()->fail(Failing::broken);
  peer.transport->advance(milliseconds(100));
  ASSERT_EQ(peer.transport->started(), 2u);
  EXPECT_EQ(peer.transport->last()->request.total_timeout, milliseconds(300));
  peer.transport->last()->answer(503, "", {{"retry-after", "1"}});  // longer than is left
  ASSERT_EQ(peer.answers.size(), 1u);
  EXPECT_EQ(peer.answers[0].head.status, 503);
}

TEST(Call, ACallWithoutDeadlineWaitsForADay) {
  Peer peer;
  peer.call(Kind::read);
  EXPECT_EQ(peer.transport->last()->request.total_timeout, std::chrono::hours(24));
}

TEST(Call, CredentialsAreRefreshedOnceAfterA401) {
  std::vector<bool> refreshes;
  ConnectOptions options;
  options.authorization = [&](bool is_refresh) {
    refreshes.push_back(is_refresh);
    return is_refresh ? "Bearer new" : "Bearer old";
  };
  Peer peer(options);
  peer.call(Kind::action);
  ASSERT_TRUE(peer.transport->until([&] { return peer.transport->started() == 1; }));
  EXPECT_EQ(peer.transport->last()->header("Authorization"), "Bearer old");
  peer.transport->last()->answer(401, "");
  ASSERT_TRUE(peer.transport->until([&] { return peer.transport->started() == 2; }));
  EXPECT_EQ(peer.transport->last()->header("Authorization"), "Bearer new");
  peer.transport->last()->answer(401, "");
  ASSERT_EQ(peer.answers.size(), 1u);
  EXPECT_EQ(peer.answers[0].head.status, 401);
  EXPECT_EQ(refreshes, (std::vector<bool>{false, true}));
}

TEST(Call, WithoutCredentialsA401IsTheAnswer) {
  Peer peer;
  peer.call(Kind::read);
  peer.transport->last()->answer(401, "");
  EXPECT_EQ(peer.answers.at(0).head.status, 401);
  EXPECT_EQ(peer.transport->started(), 1u);
}

TEST(Call, ACancelledCallClosesItsConnectionAndSaysSoOnce) {
  Peer peer;
  const A2aClient::Cancel cancel = peer.call(Kind::read);
  const auto exchange = peer.transport->last();
  cancel();
  cancel();
  peer.transport->run();
  ASSERT_EQ(peer.answers.size(), 1u);
  EXPECT_TRUE(is_error<Cancelled>(peer.answers[0].error));
  EXPECT_TRUE(exchange->is_cancelled);
  cancel();
  peer.transport->run();
  EXPECT_EQ(peer.answers.size(), 1u);
}

TEST(Call, ACallThatWaitsToBeSentAgainCanBeCancelled) {
  Peer peer;
  const A2aClient::Cancel cancel = peer.call(Kind::read);
  peer.transport->last()->fail(Failing::broken);
  cancel();
  peer.transport->advance(seconds(10));
  EXPECT_EQ(peer.transport->started(), 1u);
  EXPECT_EQ(peer.answers.size(), 1u);
}

TEST(Call, AClosedLinkEndsWhatIsInFlightAndTakesNoMore) {
  Peer peer;
  peer.call(Kind::read);
  peer.link->close();
  peer.link->close();
  peer.transport->run();
  ASSERT_EQ(peer.answers.size(), 1u);
  EXPECT_TRUE(is_error<TransportError>(peer.answers[0].error));
  EXPECT_TRUE(peer.transport->last()->is_cancelled);
  EXPECT_THROW(peer.call(Kind::read), A2aError);
  EXPECT_EQ(peer.transport->started(), 1u);
}

TEST(Call, TheObserverSeesRequestsAnswersAndRetriesWithoutSecrets) {
  std::vector<ConnectOptions::Notice> notices;
  ConnectOptions options;
  options.observer = [&](const ConnectOptions::Notice& notice) { notices.push_back(notice); };
  options.api_key = "secret";
  Peer peer(options);
  peer.link->credentials().use_schemes(
      {AuthScheme{.name = "k", .type = "apiKey", .scheme = "query", .parameter = "key"}});
  peer.call(Kind::read);
  EXPECT_EQ(peer.transport->last()->request.url, "http://peer.test/rpc?key=secret");
  peer.transport->last()->answer(503, "");
  peer.transport->advance(seconds(1));
  peer.transport->last()->answer(200, "");
  using NoticeKind = ConnectOptions::Notice::Kind;
  std::vector<NoticeKind> kinds;
  for (const auto& notice : notices) {
    kinds.push_back(notice.kind);
    EXPECT_EQ(notice.url, "http://peer.test/rpc");
  }
  EXPECT_EQ(kinds, (std::vector{NoticeKind::request, NoticeKind::response, NoticeKind::retry,
                                NoticeKind::request, NoticeKind::response}));
  EXPECT_EQ(notices[1].status, 503);
}

}  // namespace
}  // namespace ruvector::a2a
