#include "a2a/dialects/rvagent.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "a2a/dialects/test_description.h"
#include "a2a/dialects/test_transcript.h"
#include "a2a/json.h"

namespace ruvector::a2a {
namespace {

std::unique_ptr<Codec> rvagent_codec(const std::string& url = "http://127.0.0.1:18741") {
  Endpoint endpoint;
  endpoint.protocol = Protocol::rvagent;
  endpoint.url = url;
  return make_rvagent_codec(std::move(endpoint), 64);
}

const std::string kRoot(64, '1');

// The task that the transcripts' requests are about.
TaskSpec hello(const std::string& id, const std::string& skill) {
  TaskSpec spec;
  spec.id = id;
  spec.skill = skill;
  spec.input.emplace_back().text = "hello";
  spec.message_id = "not sent";
  spec.context.trace_id = "0123456789abcdef0123456789abcdef";
  spec.context.root_agent_id = kRoot;
  spec.context.current_agent = kRoot;
  return spec;
}

// A request without regard to the order of members.
Json sorted(Json value) {
  std::ranges::sort(value.members, {}, &Json::Member::first);
  for (auto& [name, member] : value.members) member = sorted(std::move(member));
  for (Json& item : value.items) item = sorted(std::move(item));
  return value;
}

Json params_of(const std::string& request) {
  const Json json = parse_json(request, "request");
  return sorted(*json.find("params"));
}

void expect_same_request(const WireCall& call, const std::string& transcript) {
  const std::string recorded = find_exchange("rvagent", transcript).request;
  const std::size_t body = recorded.find('{');
  const std::string expected = body == std::string::npos ? recorded : recorded.substr(body);
  EXPECT_EQ(to_text(params_of(call.request.body)), to_text(params_of(expected))) << transcript;
  EXPECT_EQ(parse_json(call.request.body, "ours").find("method")->text,
            parse_json(expected, "theirs").find("method")->text);
  EXPECT_EQ(call.request.method, "POST");
  EXPECT_EQ(call.request.url, "http://127.0.0.1:18741/");
}

TEST(RvagentRequest, IsWhatARealServerTook) {
  const auto codec = rvagent_codec();
  expect_same_request(codec->send_task(hello("t-echo", "echo"), "1"), "10_send_echo");
  expect_same_request(codec->get_task("t-echo", {}, "2"), "11_get_done");
  expect_same_request(codec->cancel_task("t-echo", "7"), "16_cancel_done");
  expect_same_request(
      codec->set_push_config("t-echo", R"({ "url": "http://127.0.0.1:9/hook" })", "47"),
      "47_pushNotification_set");
}

TEST(RvagentRequest, HasDataAndFileParts) {
  TaskSpec spec = hello("t-parts", "echo");
  spec.input.resize(2);
  spec.input[0].kind = Part::Kind::data;
  spec.input[0].data = R"({"k":1})";
  spec.input[1].kind = Part::Kind::bytes;
  spec.input[1].bytes = "hi";
  spec.input[1].file_name = "a.txt";
  spec.input[1].media_type = "text/plain";
  spec.metadata = R"({"m":1})";
  expect_same_request(rvagent_codec()->send_task(spec, "35"), "35_data_and_file_parts");
}

TEST(RvagentRequest, HasLimitsAndTheChainOfAgents) {
  TaskSpec denied = hello("t-p1", "echo");
  denied.policy.emplace();
  denied.policy->allowed_skills = {{"other"}};
  expect_same_request(rvagent_codec()->send_task(denied, "40"), "40_policy_skill_denied");

  TaskSpec busy = hello("t-p2", "echo");
  busy.policy.emplace();
  busy.policy->max_concurrency = 0;
  expect_same_request(rvagent_codec()->send_task(busy, "41"), "41_policy_concurrency_0");

  TaskSpec deep = hello("t-r9", "echo");
  deep.context.depth = 9;
  expect_same_request(rvagent_codec()->send_task(deep, "44"), "44_recursion_depth_9");

  TaskSpec again = hello("t-rv", "echo");
  again.context.visited_agents = {kRoot};
  expect_same_request(rvagent_codec()->send_task(again, "46"), "46_recursion_revisit");
}

TEST(RvagentRequest, WritesLimitsAsNumbers) {
  TaskSpec spec = hello("t", "slow");
  spec.policy.emplace();
  spec.policy->max_tokens = 18446744073709551615U;
  spec.policy->max_cost_usd = 0.1;
  spec.policy->max_duration_ms = 1;
  const Json params = params_of(rvagent_codec()->send_task(spec, "1").request.body);
  EXPECT_EQ(to_text(*params.find("policy")),
            R"({"max_cost_usd":0.1,"max_duration_ms":1,"max_tokens":18446744073709551615})");
}

TEST(RvagentRequest, SubscribesBeforeItSends) {
  const auto codec = rvagent_codec("http://127.0.0.1:1/agent/");
  EXPECT_TRUE(codec->sends_beside_stream());
  const WireCall call = codec->stream_task(hello("t 1&x=ü", "echo"), "9");
  EXPECT_EQ(call.request.method, "GET");
  EXPECT_EQ(call.request.url, "http://127.0.0.1:1/agent/tasks/sendSubscribe?id=t%201%26x%3D%C3%BC");
  EXPECT_TRUE(call.request.is_stream);
  EXPECT_TRUE(call.request.body.empty());
  EXPECT_TRUE(call.rpc_id.empty());
  EXPECT_EQ(codec->send_task(hello("t", "echo"), "9").request.url, "http://127.0.0.1:1/agent/");
}

TEST(RvagentRequest, ResumesBehindTheLastStatus) {
  const auto codec = rvagent_codec();
  EXPECT_EQ(codec->subscribe_task("t-slow", "", 0, "9").request.url,
            "http://127.0.0.1:18741/tasks/resubscribe?id=t-slow");
  EXPECT_EQ(
      codec->subscribe_task("t-slow", "2026-11-23T18:23:56.731840390+00:00", 0, "9").request.url,
      "http://127.0.0.1:18741/tasks/resubscribe?id=t-slow&last_event_id="
      "2026-11-23T18%3A23%3A56.731840390%2B00%3A00");
}

TEST(RvagentRequest, IsRefusedWhereTheDialectHasNone) {
  const auto codec = rvagent_codec();
  EXPECT_THROW(codec->list_tasks("", "", 1, "1"), UnsupportedOperation);
  EXPECT_THROW(codec->extended_card("1"), UnsupportedOperation);
  EXPECT_THROW(codec->get_task("", {}, "1"), std::invalid_argument);
  EXPECT_THROW(codec->set_push_config("t", "[]", "1"), std::invalid_argument);
  Endpoint rest;
  rest.protocol = Protocol::rvagent;
  rest.binding = Binding::http_json;
  EXPECT_THROW(make_rvagent_codec(rest, 64), std::invalid_argument);
}

std::string rpc_id_of(const Exchange& exchange) {
  try {
    const Json request = parse_json(exchange.request.substr(exchange.request.find('{')), "request");
    return request.find("id") != nullptr ? request.find("id")->text : "";
  } catch (const std::exception&) {
    return "";
  }
}

TEST(RvagentTranscripts, SayWhatIsWrittenInThem) {
  const std::string echo = "task completed; 0 echo 'hello'; user 'hello'";
  const std::string cancelled = "task canceled; 0 echo 'hello'; user 'hello'";
  const std::map<std::string, std::string> expected = {
      {"10_send_echo", echo},
      {"11_get_done", echo},
      {"12_get_unknown", "TaskNotFound -32010"},
      {"13_send_fail_skill", "task failed agent 'internal error: runner refused'; user 'hello'"},
      {"14_send_unadvertised_skill", echo},
      {"15_send_same_id_again", echo},
      {"18_get_after_cancel", cancelled},
      {"20_unknown_method", "A2aError -32600"},
      {"21_bad_params", "A2aError -32600"},
      {"22_no_context", "A2aError -32600"},
      {"23_no_params", "A2aError -32600"},
      {"24_parse_error", "A2aError -32700"},
      {"25_bad_version", "A2aError -32600"},
      {"26_missing_jsonrpc", "A2aError -32700"},
      {"27_batch", "A2aError -32700"},
      {"28_notification_no_id", "ProtocolError 0"},  // a result that names no request
      {"29_string_id", cancelled},
      {"30_wrong_content_type", cancelled},
      {"31_post_sendSubscribe", echo},
      {"32_post_resubscribe", "ProtocolError 0"},
      {"33_empty_body", "A2aError -32700"},
      {"34_bad_part_type", "A2aError -32600"},
      {"35_data_and_file_parts",
       "task completed; 0 echo data {\"k\":1} bytes 'hi'; user data {\"k\":1} bytes 'hi'"},
      {"36_unknown_extra_fields", echo},
      {"40_policy_skill_denied", "PolicyViolation -32002"},
      {"41_policy_concurrency_0", "PolicyViolation -32002"},
      {"42_policy_max_tokens_0_cost_0_duration_0", echo},
      {"43_get_of_denied_task", "TaskNotFound -32010"},
      {"44_recursion_depth_9", "RecursionLimit -32004"},
      {"45_recursion_depth_8", echo},
      {"46_recursion_revisit", "RecursionLimit -32004"},
      {"64_get_after_cancel_during_run", echo},
      {"70_body_2097152", "ProtocolError 0"},  // cut off in the transcript
      {"70_body_2097153", "ProtocolError 0"},  // 413
  };
  const auto codec = rvagent_codec();
  for (const auto& [name, line] : expected) {
    const Exchange exchange = find_exchange("rvagent", name);
    EXPECT_EQ(
        outcome([&] { return codec->task(exchange.head, exchange.body, rpc_id_of(exchange)); }),
        line)
        << name;
  }
}

TEST(RvagentTranscripts, CancelEvenWhatIsUnknown) {
  const auto codec = rvagent_codec();
  for (const auto& [name, id] :
       std::map<std::string, std::string>{{"16_cancel_done", "t-echo"},
                                          {"17_cancel_unknown", "t-none"},
                                          {"63_cancel_during_run", "t-cx"}}) {
    const Exchange exchange = find_exchange("rvagent", name);
    const Task task = codec->cancelled_task(exchange.head, exchange.body, rpc_id_of(exchange));
    EXPECT_EQ(task.id, id);
    EXPECT_EQ(task.status.state, TaskState::canceled);
  }
}

TEST(RvagentTranscripts, GiveThePushConfiguration) {
  for (const char* const name : {"47_pushNotification_set", "48_pushNotification_get"}) {
    const Exchange exchange = find_exchange("rvagent", name);
    EXPECT_EQ(rvagent_codec()->push_config(exchange.head, exchange.body, rpc_id_of(exchange)),
              R"({"url":"http://127.0.0.1:9/hook"})");
  }
}

std::vector<std::string> stream_of(const std::string& name) {
  const auto codec = rvagent_codec();
  std::vector<std::string> lines;
  for (const Frame& frame : frames_of(find_exchange("rvagent", name).body)) {
    lines.push_back(outcome([&] { return codec->stream_item(frame.event, frame.data, ""); }));
  }
  return lines;
}

TEST(RvagentTranscripts, StreamStatesAndArtifacts) {
  const std::vector<std::string> all = {
      "status submitted",
      "status working agent 'step 1/4'",
      "status working agent 'step 2/4'",
      "status working agent 'step 3/4'",
      "status working agent 'step 4/4'",
      "artifact 0 echo 'hello' last",
      "status completed final",
  };
  EXPECT_EQ(stream_of("53_resubscribe_during_run"), all);
  std::vector<std::string> states = all;  // artifacts are not sent again
  states.erase(states.begin() + 5);
  EXPECT_EQ(stream_of("55_resubscribe_after_run"), states);
  states.erase(states.begin(), states.begin() + 3);
  EXPECT_EQ(stream_of("57_resubscribe_last_event_id_query"), states);
  EXPECT_EQ(stream_of("58_resubscribe_last_event_id_header"), states);
  EXPECT_EQ(stream_of("56_resubscribe_unknown"), std::vector<std::string>{"status failed final"});
}

TEST(RvagentTranscripts, GiveTheIdAndTheExactTimeOfAStatus) {
  const std::vector<Frame> frames =
      frames_of(find_exchange("rvagent", "53_resubscribe_during_run").body);
  const TaskUpdate update =
      rvagent_codec()->stream_item(frames.at(1).event, frames.at(1).data, "").update;
  EXPECT_EQ(update.task_id, "t-slow");
  EXPECT_EQ(update.status->task_id, "t-slow");
  EXPECT_EQ(update.status->status.timestamp, "2026-11-23T18:23:56.530039118Z");
  EXPECT_EQ(update.status->status.raw_state, "working");
  EXPECT_TRUE(update.status->metadata.empty());
}

TEST(RvagentTranscripts, RefuseAStreamWithoutAnId) {
  const Exchange exchange = find_exchange("rvagent", "60_sse_no_id");
  try {
    rvagent_codec()->stream_refused(exchange.head, exchange.body, "");
    FAIL() << "no error";
  } catch (const ProtocolError& error) {
    EXPECT_EQ(error.details().http_status, 400);
    EXPECT_NE(std::string(error.what()).find("status 400"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("'Failed to deserialize query string"),
              std::string::npos);
  }
}

TEST(RvagentTranscripts, SayWhichBudgetIsUsedUp) {
  const Exchange exchange = find_exchange("rvagent", "budget_2_tasks_per_minute, the third");
  try {
    rvagent_codec()->task(exchange.head, exchange.body, "3");
    FAIL() << "no error";
  } catch (const BudgetExceeded& error) {
    EXPECT_EQ(error.dimension(), "tasks");
    EXPECT_EQ(error.code(), -32003);
  }
}

TEST(RvagentTranscripts, SayWhereTheTaskHasBeen) {
  const Exchange exchange = find_exchange("rvagent", "46_recursion_revisit");
  try {
    rvagent_codec()->task(exchange.head, exchange.body, "46");
    FAIL() << "no error";
  } catch (const RecursionLimit& error) {
    EXPECT_EQ(error.value(), kRoot);
    EXPECT_EQ(error.data(), R"({"path":[")" + kRoot + R"("]})");
  }
}

TEST(RvagentStream, TellsHowManyEventsWereLeftOut) {
  const StreamItem item = rvagent_codec()->stream_item("warning", R"({"lagged":17})", "");
  ASSERT_EQ(item.update.kind, TaskUpdate::Kind::warning);
  EXPECT_EQ(item.update.warning->reason, "lagged");
  EXPECT_TRUE(item.update.warning->gap);
  EXPECT_EQ(item.update.warning->missed, 17U);
}

TEST(RvagentStream, GoesOnAfterAnEventThatItDoesNotKnow) {
  const StreamItem item = rvagent_codec()->stream_item("metrics", "no JSON", "");
  ASSERT_EQ(item.update.kind, TaskUpdate::Kind::warning);
  EXPECT_EQ(item.update.warning->reason, "unknown event 'metrics'");
  EXPECT_FALSE(item.update.warning->gap);
}

TEST(RvagentCancel, ThatDidNotHappenIsAnError) {
  const net::ResponseHead head{.status = 200, .headers = {}};
  EXPECT_THROW(rvagent_codec()->cancelled_task(
                   head, R"({"jsonrpc":"2.0","id":"1","result":{"id":"t","canceled":false}})", "1"),
               TaskNotCancelable);
}

}  // namespace
}  // namespace ruvector::a2a
