#include "a2a/dialects/v0_3.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

std::unique_ptr<Codec> codec_of(Binding binding) {
  Endpoint endpoint;
  endpoint.protocol = Protocol::v0_3;
  endpoint.binding = binding;
  endpoint.url = "http://127.0.0.1:40975/rest";
  endpoint.extensions = {"urn:a", "urn:b"};
  return make_v0_3_codec(std::move(endpoint), 64);
}

std::string header(const WireCall& call, std::string_view name) {
  std::string values;
  for (const auto& [key, value] : call.request.headers) {
    if (key == name) values += value;
  }
  return values;
}

TEST(V03, CallsMethodsOfJsonRpc) {
  const auto codec = codec_of(Binding::jsonrpc);
  EXPECT_FALSE(codec->sends_beside_stream());
  const WireCall get = codec->get_task("t", 3, "r1");
  EXPECT_EQ(get.request.method, "POST");
  EXPECT_EQ(get.request.url, "http://127.0.0.1:40975/rest");
  EXPECT_EQ(get.rpc_id, "r1");
  EXPECT_EQ(get.request.body, R"({"jsonrpc":"2.0","id":"r1","method":"tasks/get",)"
                              R"("params":{"id":"t","historyLength":3}})");
  EXPECT_EQ(header(get, "X-A2A-Extensions"), "urn:a, urn:b");
  EXPECT_EQ(header(get, "A2A-Version"), "");
  EXPECT_EQ(codec->cancel_task("t", "r2").request.body,
            R"({"jsonrpc":"2.0","id":"r2","method":"tasks/cancel","params":{"id":"t"}})");
  const WireCall subscribe = codec->subscribe_task("t", "2026", 0, "r3");
  EXPECT_EQ(subscribe.request.body,
            R"({"jsonrpc":"2.0","id":"r3","method":"tasks/resubscribe","params":{"id":"t"}})");
  EXPECT_TRUE(subscribe.request.is_stream);
  EXPECT_EQ(codec->extended_card("r4").request.body,
            R"({"jsonrpc":"2.0","id":"r4","method":"agent/getAuthenticatedExtendedCard",)"
            R"("params":{}})");
  EXPECT_EQ(codec->set_push_config("t", R"({"url":"u","id":"p1"})", "r5").request.body,
            R"({"jsonrpc":"2.0","id":"r5","method":"tasks/pushNotificationConfig/set",)"
            R"("params":{"taskId":"t","pushNotificationConfig":{"url":"u","id":"p1"}}})");
}

TEST(V03, UsesPathsBelowV1) {
  const auto codec = codec_of(Binding::http_json);
  const WireCall get = codec->get_task("a/b", 0, "");
  EXPECT_EQ(get.request.method, "GET");
  EXPECT_EQ(get.request.url, "http://127.0.0.1:40975/rest/v1/tasks/a%2Fb?historyLength=0");
  EXPECT_TRUE(get.request.body.empty());
  EXPECT_TRUE(get.rpc_id.empty());
  EXPECT_EQ(header(get, "Accept"), "application/json");
  EXPECT_EQ(header(get, "Content-Type"), "");
  const WireCall cancel = codec->cancel_task("t", "");
  EXPECT_EQ(cancel.request.method, "POST");
  EXPECT_EQ(cancel.request.url, "http://127.0.0.1:40975/rest/v1/tasks/t:cancel");
  EXPECT_EQ(cancel.request.body, "{}");
  EXPECT_EQ(header(cancel, "Content-Type"), "application/json");
  EXPECT_EQ(codec->extended_card("").request.url, "http://127.0.0.1:40975/rest/v1/card");
}

TEST(V03, SubscribesByPostAndThenByGet) {
  const auto codec = codec_of(Binding::http_json);
  for (const int attempt : {0, 1}) {
    const WireCall call = codec->subscribe_task("t", "", attempt, "");
    EXPECT_EQ(call.request.method, attempt == 0 ? "POST" : "GET");
    EXPECT_EQ(call.request.url, "http://127.0.0.1:40975/rest/v1/tasks/t:subscribe");
    EXPECT_EQ(header(call, "Accept"), "text/event-stream");
    EXPECT_TRUE(call.request.is_stream);
  }
}

TEST(V03, SendsProtobufsSpellingOverHttp) {
  TaskSpec spec;
  spec.message_id = "m";
  spec.input.emplace_back().text = "go";
  spec.metadata = R"({"k":1})";
  const WireCall call = codec_of(Binding::http_json)->stream_task(spec, "");
  EXPECT_EQ(call.request.url, "http://127.0.0.1:40975/rest/v1/message:stream");
  EXPECT_EQ(header(call, "X-A2A-Extensions"),
            "urn:a, urn:b, https://ruvector.dev/a2a/task-spec/v1");
  EXPECT_TRUE(call.request.body.starts_with(
      R"({"message":{"messageId":"m","role":"ROLE_USER","content":[{"text":"go"}],)"))
      << call.request.body;
  EXPECT_TRUE(
      call.request.body.ends_with(R"(,"configuration":{"blocking":true},"metadata":{"k":1}})"))
      << call.request.body;
}

TEST(V03, NamesAPushConfigurationByItsPath) {
  const auto codec = codec_of(Binding::http_json);
  const WireCall call = codec->set_push_config("t", R"({"id":"p1","url":"u"})", "");
  EXPECT_EQ(call.request.url, "http://127.0.0.1:40975/rest/v1/tasks/t/pushNotificationConfigs");
  EXPECT_EQ(call.request.body, R"({"parent":"tasks/t","configId":"p1","config":{)"
                               R"("name":"tasks/t/pushNotificationConfigs/p1",)"
                               R"("pushNotificationConfig":{"id":"p1","url":"u"}}})");
  EXPECT_THROW(codec->set_push_config("t", "no JSON", ""), std::invalid_argument);
  EXPECT_THROW(codec->set_push_config("t", R"({"id":1})", ""), std::invalid_argument);
}

TEST(V03, DoesNotListTasks) {
  EXPECT_THROW(codec_of(Binding::jsonrpc)->list_tasks("", "", 1, "r"), UnsupportedOperation);
  EXPECT_THROW(codec_of(Binding::jsonrpc)->get_task("", {}, "r"), std::invalid_argument);
  EXPECT_THROW(codec_of(Binding::http_json)->get_task("", {}, ""), std::invalid_argument);
}

TEST(V03, ReadsErrorsInsideOfAStreamOverHttp) {
  const auto codec = codec_of(Binding::http_json);
  EXPECT_THROW(codec->stream_item("error", R"({"code":-32001,"message":"m"})", ""), TaskNotFound);
  EXPECT_THROW(codec->stream_item("message", R"({"error":{"code":-32004,"message":"m"}})", ""),
               UnsupportedOperation);
}

TEST(V03, GivesTheTextOfACard) {
  const net::ResponseHead head{.status = 200, .headers = {}};
  EXPECT_EQ(codec_of(Binding::jsonrpc)
                ->card_text(head, R"({"jsonrpc":"2.0","id":"r","result":{"b":1.0,"a":[]}})", "r"),
            R"({"b":1.0,"a":[]})");
  EXPECT_EQ(codec_of(Binding::http_json)->card_text(head, R"({ "b":1.0})", ""), R"({ "b":1.0})");
}

}  // namespace
}  // namespace ruvector::a2a
