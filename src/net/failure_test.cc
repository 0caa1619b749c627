#include "net/failure.h"

#include <curl/curl.h>
#include <gtest/gtest.h>

namespace ruvector::net {
namespace {

using Kind = Failure::Kind;

Failure::Kind kind(CURLcode code, bool request_was_begun = true) {
  return failure_of(code, "", {.origin = "http://host", .request_was_begun = request_was_begun})
      .kind;
}

TEST(Failure, HasTheKindOfWhatWentWrong) {
  EXPECT_EQ(kind(CURLE_COULDNT_RESOLVE_HOST), Kind::resolve);
  EXPECT_EQ(kind(CURLE_COULDNT_CONNECT), Kind::connect);
  EXPECT_EQ(kind(CURLE_PEER_FAILED_VERIFICATION), Kind::tls);
  EXPECT_EQ(kind(CURLE_SSL_CACERT_BADFILE), Kind::tls);
  EXPECT_EQ(kind(CURLE_OPERATION_TIMEDOUT), Kind::timeout);
  EXPECT_EQ(kind(CURLE_FILESIZE_EXCEEDED), Kind::too_large);
  EXPECT_EQ(kind(CURLE_PARTIAL_FILE), Kind::broken);
  EXPECT_EQ(kind(CURLE_WEIRD_SERVER_REPLY), Kind::protocol);
  EXPECT_EQ(kind(CURLE_OUT_OF_MEMORY), Kind::broken);
}

TEST(Failure, IsOneOfConnectingBeforeTheRequest) {
  EXPECT_EQ(kind(CURLE_RECV_ERROR, true), Kind::broken);
  EXPECT_EQ(kind(CURLE_RECV_ERROR, false), Kind::connect);
}

TEST(Failure, NamesTheOriginAndWhatIsKnown) {
  const Progress progress{.origin = "https://host:8443", .request_was_sent = true};
  const Failure detailed = failure_of(CURLE_COULDNT_CONNECT, "port 8443 is closed", progress);
  EXPECT_EQ(detailed.message, "https://host:8443: port 8443 is closed");
  EXPECT_TRUE(detailed.request_was_sent);
  EXPECT_EQ(failure_of(CURLE_COULDNT_CONNECT, "", progress).message,
            "https://host:8443: Couldn't connect to server");
}

}  // namespace
}  // namespace ruvector::net
