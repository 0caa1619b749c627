// Decodes every exchange with the servers of other SDKs and compares with what was read off the
// transcripts by hand.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "a2a/codec.h"
#include "a2a/dialects/test_description.h"
#include "a2a/dialects/test_transcript.h"
#include "a2a/json.h"

namespace ruvector::a2a {
namespace {

using Lines = std::vector<std::string>;
using Expected = std::map<std::string, Lines, std::less<>>;

std::unique_ptr<Codec> codec_of(Protocol protocol, bool is_rest) {
  Endpoint endpoint;
  endpoint.protocol = protocol;
  endpoint.binding = is_rest ? Binding::http_json : Binding::jsonrpc;
  endpoint.url = "http://127.0.0.1:1";
  return make_codec(std::move(endpoint), 64);
}

// The id that the recorded request had.
std::string rpc_id_of(const Exchange& exchange) {
  if (exchange.name == "cancel (response body)") return "c2";
  const std::size_t body = exchange.request.find(" -d ");
  if (body == std::string::npos) return "";
  try {
    const Json request = parse_json(exchange.request.substr(body + 4), "request");
    const Json* const id = request.find("id");
    return id != nullptr ? id->text : "";
  } catch (const ProtocolError&) {
    return "none, the request was no JSON";
  }
}

Lines read_stream(const Codec& codec, const Exchange& exchange, const std::string& rpc_id) {
  if (!exchange.is_stream()) {
    return {outcome([&] { return codec.stream_refused(exchange.head, exchange.body, rpc_id); })};
  }
  Lines lines;
  for (const Frame& frame : frames_of(exchange.body)) {
    lines.push_back(outcome([&] { return codec.stream_item(frame.event, frame.data, rpc_id); }));
  }
  return lines;
}

Lines read_exchange(const Codec& codec, const Exchange& exchange) {
  const auto& [name, request, head, body] = exchange;
  const std::string id = rpc_id_of(exchange);
  const bool is_rest = name.starts_with("REST-");
  const std::string call = is_rest ? name.substr(5) : name;
  const auto is = [&](const char* prefix) { return call.starts_with(prefix); };
  if (is("stream") || is("resubscribe") || is("subscribe")) {
    return read_stream(codec, exchange, id);
  }
  return {outcome([&]() -> std::string {
    if (is("get")) return describe(codec.task(head, body, id));
    if (is("cancel")) return describe(codec.cancelled_task(head, body, id));
    if (is("list")) return describe(codec.task_page(head, body, id));
    if (is("extended-card") || is("card") || is("404")) return codec.card_text(head, body, id);
    if (is("push-set")) return codec.push_config(head, body, id);
    return describe(codec.send_result(head, body, id));
  })};
}

// The streams of both versions; `final` is " final" where the last event says so.
Lines long_stream(int steps, const std::string& final) {
  Lines lines = {"task submitted; user 'stream " + std::to_string(steps) + "'", "status working"};
  for (int i = 0; i < steps; ++i) {
    lines.push_back("status working agent 'step " + std::to_string(i) + "'");
  }
  lines.insert(lines.end(), {"artifact art-1 out 'alpha '", "artifact art-1 out 'beta ' append",
                             "artifact art-1 out 'gamma' append last", "status completed" + final});
  return lines;
}

const char* const kEcho = "task completed; art-1 out 'echo: send hi'; user 'send hi'";
const char* const kEchoAlone = "task completed; art-1 out 'echo: send hi'";
const char* const kBlewUp = " agent 'Agent execution error: executor blew up'";

// What all four servers answer. `final` as in long_stream().
Expected common(const std::string& final) {
  return {
      {"send", {kEcho}},
      {"send-direct-message", {"message agent 'hello'"}},
      {"send-intid", {"message agent 'hello'"}},
      {"stream", long_stream(3, final)},
      {"stream-direct-message", {"message agent 'hello' final"}},
      {"stream-input-required",
       {"task submitted; user 'input'", "status working",
        "status input_required agent 'need more'" + final}},
      {"stream-failed",
       {"task submitted; user 'fail'", "status working", "status failed agent 'nope'" + final}},
      {"send-executor-raises", {"A2aError -32603"}},
      {"send-input-required", {"task input_required agent 'need more'; user 'input'"}},
      {"get", {kEcho}},
      {"get-notfound", {"TaskNotFound -32001"}},
      {"get-long", {"task working; user 'long 6'"}},
      {"cancel-completed", {"TaskNotCancelable -32002"}},
      {"cancel (response body)", {"task canceled; user 'long 6'; agent 'tick 0'; agent 'tick 10'"}},
      {"get-after-cancel", {"task canceled; user 'long 6'; agent 'tick 0'; agent 'tick 10'"}},
      {"cancel-again", {"TaskNotCancelable -32002"}},
      {"resubscribe-notfound", {"TaskNotFound -32001"}},
      {"send-to-unknown-task", {"TaskNotFound -32001"}},
      {"method-not-found", {"A2aError -32601"}},
      {"invalid-params", {"A2aError -32602"}},
      {"missing-params", {"A2aError -32602"}},
      {"bad-jsonrpc", {"A2aError -32600"}},
      {"parse-error", {"A2aError -32700"}},
      {"batch", {"A2aError -32600"}},
      {"REST-get-notfound", {"TaskNotFound -32001"}},
      {"REST-cancel-completed", {"TaskNotCancelable -32002"}},
      {"REST-stream", long_stream(2, final)},
  };
}

Expected joined(Expected all, Expected more) {
  more.merge(all);
  return more;
}

Expected of_v1_0() {
  return joined(common(""),
                {{"get-historyLength0", {kEchoAlone}},
                 {"resubscribe-completed", {"UnsupportedOperation -32004"}},
                 {"send-to-terminal-task", {"UnsupportedOperation -32004"}},
                 {"extended-card", {"UnsupportedOperation -32004"}},
                 {"list", {"task canceled; user 'long 6'; agent 'tick 0'; agent 'tick 10'"}},
                 {"v03-method-on-1.0", {"A2aError -32601"}},
                 {"no-version-header", {"VersionNotSupported -32009"}},
                 {"version-header-0.3", {"VersionNotSupported -32009"}},
                 {"version-header-9.9", {"VersionNotSupported -32009"}},
                 {"REST-send", {kEcho}},
                 {"REST-send-application/json", {"message agent 'hello'"}},
                 {"REST-get", {kEcho}},
                 {"REST-subscribe-completed", {"UnsupportedOperation -32004"}},
                 {"REST-subscribe-completed-POST", {"UnsupportedOperation -32004"}},
                 {"REST-invalid", {"A2aError 0"}},
                 {"REST-noversion", {"VersionNotSupported -32009"}},
                 {"REST-404", {"ProtocolError 0"}}});
}

Expected of_py10() {
  return joined(of_v1_0(), {{"stream-executor-raises", {"A2aError -32603"}},
                            {"resubscribe-then-cancelled-from-other-connection",
                             {"task working agent 'tick 0'; user 'long 6'",
                              "status working agent 'tick 10'", "status canceled"}},
                            {"push-set",
                             {R"({"id":"p1","taskId":"df822f4b-8534-4064-8576-70a865cbef5d",)"
                              R"("url":"http://127.0.0.1:9/hook"})"}},
                            {"v03-method-no-header", {"A2aError -32601"}},
                            {"REST-stream-raises", {"A2aError 0"}},
                            {"REST-list", {"task failed; user 'raise'"}}});
}

Expected of_js10() {
  const std::string failed = std::string("task failed") + kBlewUp + "; user 'raise'";
  return joined(
      of_v1_0(),
      {{"send-executor-raises", {failed + ";" + kBlewUp}},
       {"stream-executor-raises", {failed, std::string("status failed") + kBlewUp}},
       {"send-input-required",
        {"task input_required agent 'need more'; user 'input'; agent 'need more'"}},
       {"resubscribe-then-cancelled-from-other-connection",
        {"task working; user 'long 6'", "status working agent 'tick 0'",
         "status working agent 'tick 10'", "status canceled"}},
       {"cancel-again", {"task canceled; user 'long 6'; agent 'tick 0'; agent 'tick 10'"}},
       {"bad-jsonrpc", {"A2aError -32602"}},
       {"batch", {"A2aError -32602"}},
       {"push-set",
        {R"({"id":"p1","taskId":"364ae182-5c29-49f4-a028-bd25afe2c3d2",)"
         R"("url":"http://127.0.0.1:9/hook"})"}},
       {"v03-method-no-header", {"VersionNotSupported -32009"}},
       {"REST-stream-raises", {failed, std::string("status failed") + kBlewUp}},
       {"REST-list", {failed + ";" + kBlewUp}}});
}

Expected of_py03() {
  const char* const cancelled =
      "task canceled; user 'long 6'; agent 'tick 0'; agent 'tick 0'; agent 'tick 10'; agent 'tick "
      "10'";
  return joined(common(" final"),
                {{"stream-input-required",  // closed without `final`
                  {"task submitted; user 'input'", "status working",
                   "status input_required agent 'need more'"}},
                 {"stream-executor-raises", {}},  // cut off before the first event
                 {"get-historyLength0", {kEcho}},
                 {"resubscribe-completed", {"A2aError -32602"}},
                 {"resubscribe-then-cancelled-from-other-connection",
                  {"status working agent 'tick 0'", "status working agent 'tick 10'"}},
                 {"send-to-terminal-task", {"A2aError -32602"}},
                 {"cancel (response body)", {cancelled}},
                 {"get-after-cancel", {cancelled}},
                 {"list", {"A2aError -32601"}},
                 {"extended-card", {"A2aError -32603"}},
                 {"bad-jsonrpc", {"A2aError -32602"}},
                 {"push-set", {R"({"id":"p1","url":"http://127.0.0.1:9/hook"})"}},
                 {"REST-send-proto-style", {"task submitted; user 'send hi'"}},
                 {"REST-send-jsonrpc-style", {"A2aError 0"}},
                 {"REST-get", {kEcho}},
                 {"REST-card", {"ProtocolError 0"}}});
}

Expected of_js03() {
  return joined(common(" final"),
                {{"stream-executor-raises", {std::string("status failed") + kBlewUp + " final"}},
                 {"send-executor-raises",
                  {std::string("task failed") + kBlewUp + "; user 'raise';" + kBlewUp}},
                 {"send-input-required",
                  {"task input_required agent 'need more'; user 'input'; agent 'need more'"}},
                 {"get", {kEchoAlone}},  // this server turns historyLength round
                 {"get-historyLength0", {kEcho}},
                 {"get-long", {"task working"}},
                 {"get-after-cancel", {"task canceled"}},
                 {"resubscribe-completed", {kEcho}},
                 {"resubscribe-then-cancelled-from-other-connection",
                  {"task working agent 'tick 0'; user 'long 6'; agent 'tick 0'",
                   "status working agent 'tick 10'", "status canceled final"}},
                 {"send-to-terminal-task", {"A2aError -32600"}},
                 {"list", {"A2aError -32601"}},
                 {"extended-card", {"UnsupportedOperation -32004"}},
                 {"push-set", {R"({"url":"http://127.0.0.1:9/hook","id":"p1"})"}},
                 {"REST-send-proto-style", {kEcho}},
                 {"REST-send-jsonrpc-style", {"A2aError -32602"}},
                 {"REST-get", {kEchoAlone}},
                 {"REST-card", {"UnsupportedOperation -32004"}}});
}

// 1.x servers that serve 0.3, too, where they differ.
Expected of_py10c() {
  return {{"v03-method-on-1.0", {"A2aError -32603"}},
          {"no-version-header", {"VersionNotSupported -32009"}},
          {"version-header-0.3", {"VersionNotSupported -32009"}},
          {"v03-method-no-header", {"task completed; art-1 out 'echo: send'; user 'send'"}},
          {"REST-noversion", {"VersionNotSupported -32009"}}};
}

Expected of_js10c() {
  return {{"v03-method-on-1.0", {"A2aError -32601"}},
          {"no-version-header", {"A2aError -32601"}},
          {"version-header-0.3", {"A2aError -32601"}},
          {"v03-method-no-header", {"task completed; art-1 out 'echo: send'; user 'send'"}},
          {"REST-noversion", {"task completed; art-1 out 'echo: send'; user 'send'"}}};
}

Expected expected_of(const std::string& server) {
  if (server == "py03") return of_py03();
  if (server == "js03") return of_js03();
  if (server == "py10") return of_py10();
  if (server == "js10") return of_js10();
  if (server == "py10c") return of_py10c();
  return of_js10c();
}

class OfficialTranscripts : public testing::TestWithParam<std::string> {};

TEST_P(OfficialTranscripts, SayWhatIsWrittenInThem) {
  const std::string server = GetParam();
  const Protocol protocol = server.ends_with("03") ? Protocol::v0_3 : Protocol::v1_0;
  Expected expected = expected_of(server);
  for (const Exchange& exchange : read_transcript(server)) {
    // These servers speak both; what is asked in the words of 0.3 is answered in them.
    const bool is_old = server.ends_with("c") && exchange.name == "v03-method-no-header";
    const auto codec =
        codec_of(is_old ? Protocol::v0_3 : protocol, exchange.name.starts_with("REST-"));
    const auto found = expected.find(exchange.name);
    ASSERT_NE(found, expected.end()) << exchange.name;
    EXPECT_EQ(read_exchange(*codec, exchange), found->second) << exchange.name;
    expected.erase(found);
  }
  for (const auto& [name, lines] : expected) ADD_FAILURE() << name << " is in no transcript";
}

INSTANTIATE_TEST_SUITE_P(Servers, OfficialTranscripts,
                         testing::Values("py03", "js03", "py10", "js10", "py10c", "js10c"),
                         [](const auto& test) { return test.param; });

TEST(OfficialTranscripts, GiveIdsAndTimesAsTheyWereWritten) {
  const Exchange sent = find_exchange("py10", "send");
  const Task task = *codec_of(Protocol::v1_0, false)->send_result(sent.head, sent.body, "r1").task;
  EXPECT_EQ(task.id, "549ba887-4584-47cb-84b0-df25d29f92c1");
  EXPECT_EQ(task.context_id, "910229b0-ed63-4876-b848-ed58c9c9df47");
  EXPECT_EQ(task.status.raw_state, "TASK_STATE_COMPLETED");
  EXPECT_EQ(task.status.timestamp, "2026-11-23T18:11:30.338474Z");
  ASSERT_EQ(task.history.size(), 1U);
  EXPECT_EQ(task.history[0].message_id, "u-104129803");
  EXPECT_EQ(task.history[0].task_id, "549ba887-4584-47cb-84b0-df25d29f92c1");
  EXPECT_EQ(task.history[0].context_id, "910229b0-ed63-4876-b848-ed58c9c9df47");
}

TEST(OfficialTranscripts, GiveTheIdsOfEachEventOfAStream) {
  const Exchange stream = find_exchange("py03", "stream");
  const auto codec = codec_of(Protocol::v0_3, false);
  for (const Frame& frame : frames_of(stream.body)) {
    const TaskUpdate update = codec->stream_item(frame.event, frame.data, "r3").update;
    EXPECT_EQ(update.task_id, "3dd374a3-9940-4f3f-899a-c2fc4850e734");
    EXPECT_EQ(update.context_id, "802cf1eb-35e3-4ab6-8e74-b0def91e426a");
    if (update.status) {
      EXPECT_TRUE(update.status->status.timestamp.ends_with("+00:00"));
    }
  }
}

TEST(OfficialTranscripts, GiveTheNextPageAndHowManyThereAre) {
  const Exchange listed = find_exchange("js10", "list");
  const TaskPage page = codec_of(Protocol::v1_0, false)->task_page(listed.head, listed.body, "l1");
  EXPECT_EQ(page.next_page_token,
            "MjAyNi0xMS0yM1QxODoxMTozNC4yNDhafDI3YzRhYmFjLTlhODItNGRkMC1hYWZkLTBlYjZlOGFjNDZmYg==");
  EXPECT_EQ(page.total_size, 9U);
}

TEST(OfficialTranscripts, GiveTheStatusAndTheDataOfAnError) {
  const Exchange refused = find_exchange("js10", "REST-cancel-completed");
  try {
    codec_of(Protocol::v1_0, true)->cancelled_task(refused.head, refused.body, "");
    FAIL() << "no error";
  } catch (const TaskNotCancelable& error) {
    EXPECT_EQ(error.details().http_status, 400);
    EXPECT_EQ(error.data(), R"([{"@type":"type.googleapis.com/google.rpc.ErrorInfo",)"
                            R"("reason":"TASK_NOT_CANCELABLE","domain":"a2a-protocol.org"}])");
    EXPECT_NE(
        std::string(error.what()).find("Task not cancelable: 364ae182-5c29-49f4-a028-bd25afe2c3d2"),
        std::string::npos);
  }
}

}  // namespace
}  // namespace ruvector::a2a
