#include "a2a/codec.h"

#include <gtest/gtest.h>

#include <string>

namespace ruvector::a2a {
namespace {

std::string body_of(Protocol protocol) {
  Endpoint endpoint;
  endpoint.protocol = protocol;
  endpoint.url = "http://127.0.0.1:1";
  return make_codec(std::move(endpoint), 64)->get_task("t", {}, "r").request.body;
}

TEST(Codec, SpeaksTheDialectOfTheEndpoint) {
  EXPECT_EQ(body_of(Protocol::rvagent),
            R"({"jsonrpc":"2.0","id":"r","method":"tasks/get","params":{"id":"t"}})");
  EXPECT_EQ(body_of(Protocol::v0_3),
            R"({"jsonrpc":"2.0","id":"r","method":"tasks/get","params":{"id":"t"}})");
  EXPECT_EQ(body_of(Protocol::v1_0),
            R"({"jsonrpc":"2.0","id":"r","method":"GetTask","params":{"id":"t"}})");
}

}  // namespace
}  // namespace ruvector::a2a
