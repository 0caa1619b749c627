#include "a2a/dialects/v1_0.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

std::unique_ptr<Codec> codec_of(Binding binding, const std::string& tenant = "") {
  Endpoint endpoint;
  endpoint.binding = binding;
  endpoint.url = "http://127.0.0.1:45761/";
  endpoint.tenant = tenant;
  return make_v1_0_codec(std::move(endpoint), 64);
}

std::string header(const WireCall& call, std::string_view name) {
  std::string values;
  for (const auto& [key, value] : call.request.headers) {
    if (key == name) values += value;
  }
  return values;
}

TEST(V10, CallsMethodsOfJsonRpc) {
  const auto codec = codec_of(Binding::jsonrpc, "acme");
  const WireCall get = codec->get_task("t", {}, "r1");
  EXPECT_EQ(get.request.url, "http://127.0.0.1:45761/");
  EXPECT_EQ(get.request.body, R"({"jsonrpc":"2.0","id":"r1","method":"GetTask",)"
                              R"("params":{"tenant":"acme","id":"t"}})");
  EXPECT_EQ(header(get, "A2A-Version"), "1.0");
  EXPECT_EQ(header(get, "Content-Type"), "application/json");
  EXPECT_EQ(header(get, "A2A-Extensions"), "");
  EXPECT_EQ(codec->cancel_task("t", "r2").request.body,
            R"({"jsonrpc":"2.0","id":"r2","method":"CancelTask",)"
            R"("params":{"tenant":"acme","id":"t"}})");
  EXPECT_EQ(codec->subscribe_task("t", "", 1, "r3").request.body,
            R"({"jsonrpc":"2.0","id":"r3","method":"SubscribeToTask",)"
            R"("params":{"tenant":"acme","id":"t"}})");
  EXPECT_EQ(codec->extended_card("r4").request.body,
            R"({"jsonrpc":"2.0","id":"r4","method":"GetExtendedAgentCard",)"
            R"("params":{"tenant":"acme"}})");
  EXPECT_EQ(codec->list_tasks("c", "p", 1, "r5").request.body,
            R"({"jsonrpc":"2.0","id":"r5","method":"ListTasks",)"
            R"("params":{"tenant":"acme","contextId":"c","pageSize":1,"pageToken":"p"}})");
}

TEST(V10, UsesPathsBelowTheTenant) {
  const auto codec = codec_of(Binding::http_json, "a b");
  const std::string base = "http://127.0.0.1:45761/a%20b";
  const WireCall get = codec->get_task("t", 2, "");
  EXPECT_EQ(get.request.url, base + "/tasks/t?historyLength=2");
  EXPECT_EQ(header(get, "A2A-Version"), "1.0");
  EXPECT_EQ(header(get, "Accept"), "application/a2a+json, application/json");
  const WireCall cancel = codec->cancel_task("t", "");
  EXPECT_EQ(cancel.request.url, base + "/tasks/t:cancel");
  EXPECT_EQ(header(cancel, "Content-Type"), "application/a2a+json");
  EXPECT_EQ(codec->extended_card("").request.url, base + "/extendedAgentCard");
  EXPECT_EQ(codec->list_tasks("c/d", "p=", 1, "").request.url,
            base + "/tasks?contextId=c%2Fd&pageSize=1&pageToken=p%3D");
  EXPECT_EQ(codec->list_tasks("", "", 0, "").request.url, base + "/tasks");
}

TEST(V10, SubscribesByPostAndThenByGet) {
  const auto codec = codec_of(Binding::http_json);
  const WireCall first = codec->subscribe_task("t", "", 0, "");
  EXPECT_EQ(first.request.method, "POST");
  EXPECT_EQ(first.request.body, "{}");
  EXPECT_EQ(header(first, "Content-Type"), "application/a2a+json");
  const WireCall again = codec->subscribe_task("t", "", 1, "");
  EXPECT_EQ(again.request.method, "GET");
  EXPECT_EQ(again.request.body, "");
  EXPECT_EQ(again.request.url, "http://127.0.0.1:45761/tasks/t:subscribe");
  EXPECT_TRUE(again.request.is_stream);
}

TEST(V10, HasTheTenantInTheBodyOrInThePath) {
  TaskSpec spec;
  spec.message_id = "m";
  spec.input.emplace_back().text = "go";
  const WireCall rpc = codec_of(Binding::jsonrpc, "acme")->send_task(spec, "r1");
  EXPECT_NE(rpc.request.body.find(R"("params":{"tenant":"acme","message":{)"), std::string::npos);
  const WireCall rest = codec_of(Binding::http_json, "acme")->send_task(spec, "");
  EXPECT_EQ(rest.request.url, "http://127.0.0.1:45761/acme/message:send");
  EXPECT_TRUE(rest.request.body.starts_with(R"({"message":{)"));
  EXPECT_EQ(header(rest, "A2A-Extensions"), "https://ruvector.dev/a2a/task-spec/v1");
}

TEST(V10, WritesAFlatPushConfiguration) {
  const std::string config = R"({"url":"u","id":"p1","taskId":"another","tenant":"other"})";
  EXPECT_EQ(codec_of(Binding::jsonrpc, "acme")->set_push_config("t", config, "r1").request.body,
            R"({"jsonrpc":"2.0","id":"r1","method":"CreateTaskPushNotificationConfig",)"
            R"("params":{"tenant":"acme","taskId":"t","url":"u","id":"p1"}})");
  const WireCall rest = codec_of(Binding::http_json)->set_push_config("t", config, "");
  EXPECT_EQ(rest.request.url, "http://127.0.0.1:45761/tasks/t/pushNotificationConfigs");
  EXPECT_EQ(rest.request.body, R"({"taskId":"t","url":"u","id":"p1"})");
  EXPECT_THROW(codec_of(Binding::jsonrpc)->set_push_config("t", "[]", "r"), std::invalid_argument);
  EXPECT_THROW(codec_of(Binding::jsonrpc)->set_push_config("t", "{", "r"), std::invalid_argument);
}

TEST(V10, KnowsFromAnAnswerThatIsNoStreamWhetherMoreWillCome) {
  const auto codec = codec_of(Binding::http_json);
  const net::ResponseHead head{.status = 200, .headers = {}};
  const auto is_final = [&](const std::string& state) {
    return codec
        ->stream_refused(head, R"({"task":{"id":"t","status":{"state":")" + state + "\"}}}", "")
        .is_final;
  };
  EXPECT_TRUE(is_final("TASK_STATE_COMPLETED"));
  EXPECT_TRUE(is_final("TASK_STATE_INPUT_REQUIRED"));
  EXPECT_FALSE(is_final("TASK_STATE_WORKING"));
}

TEST(V10, ReadsErrorsInsideOfAStreamOverHttp) {
  EXPECT_THROW(codec_of(Binding::http_json)
                   ->stream_item("error",
                                 R"({"error":{"code":404,"message":"m",)"
                                 R"("details":[{"reason":"TASK_NOT_FOUND"}]}})",
                                 ""),
               TaskNotFound);
}

}  // namespace
}  // namespace ruvector::a2a
