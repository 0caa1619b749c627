#include "a2a/dialects/task_spec_writer.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace ruvector::a2a {
namespace {

Part text_part(const std::string& text) {
  Part part;
  part.text = text;
  return part;
}

Part bytes_part() {
  Part part;
  part.kind = Part::Kind::bytes;
  part.bytes = std::string("\0\xFFhi", 4);
  part.file_name = "n";
  part.media_type = "m";
  return part;
}

Part url_part() {
  Part part;
  part.kind = Part::Kind::url;
  part.url = "http://h/f";
  return part;
}

Part data_part(const std::string& data) {
  Part part;
  part.kind = Part::Kind::data;
  part.data = data;
  part.metadata = R"({"m":1})";
  return part;
}

std::string parts_of(WireForm form, const std::vector<Part>& parts) {
  JsonWriter json;
  write_parts(json, form, parts);
  return std::move(json).take();
}

TEST(TaskSpecWriter, WritesPartsInEachForm) {
  // "AP9oaQ==" are the bytes 00 ff 68 69 (RFC 4648).
  const std::vector<Part> parts = {text_part("a\n"), bytes_part(), url_part(),
                                   data_part(R"({ "k": 1.0 })")};
  EXPECT_EQ(parts_of(WireForm::rvagent, parts),
            R"("parts":[{"type":"text","text":"a\n"},)"
            R"({"type":"file","file":{"name":"n","mimeType":"m","bytes":"AP9oaQ=="}},)"
            R"({"type":"file","file":{"uri":"http://h/f"}},)"
            R"({"type":"data","data":{"k":1.0},"metadata":{"m":1}}])");
  EXPECT_EQ(parts_of(WireForm::v0_3, parts),
            R"("parts":[{"kind":"text","text":"a\n"},)"
            R"({"kind":"file","file":{"name":"n","mimeType":"m","bytes":"AP9oaQ=="}},)"
            R"({"kind":"file","file":{"uri":"http://h/f"}},)"
            R"({"kind":"data","data":{"k":1.0},"metadata":{"m":1}}])");
  EXPECT_EQ(parts_of(WireForm::v0_3_rest, parts),
            R"("content":[{"text":"a\n"},)"
            R"({"file":{"name":"n","mimeType":"m","fileWithBytes":"AP9oaQ=="}},)"
            R"({"file":{"fileWithUri":"http://h/f"}},)"
            R"({"data":{"data":{"k":1.0}},"metadata":{"m":1}}])");
  EXPECT_EQ(parts_of(WireForm::v1_0, parts), R"("parts":[{"text":"a\n"},)"
                                             R"({"raw":"AP9oaQ==","filename":"n","mediaType":"m"},)"
                                             R"({"url":"http://h/f"},)"
                                             R"({"data":{"k":1.0},"metadata":{"m":1}}])");
}

TEST(TaskSpecWriter, RefusesDataThatTheFormCannotHold) {
  EXPECT_EQ(parts_of(WireForm::v1_0, {data_part("[1]")}),
            R"("parts":[{"data":[1],"metadata":{"m":1}}])");
  EXPECT_THROW(parts_of(WireForm::v0_3, {data_part("[1]")}), std::invalid_argument);
  EXPECT_THROW(parts_of(WireForm::v0_3_rest, {data_part("1")}), std::invalid_argument);
  EXPECT_THROW(parts_of(WireForm::v1_0, {data_part("")}), std::invalid_argument);
  EXPECT_THROW(parts_of(WireForm::v1_0, {text_part("\xFF")}), std::invalid_argument);
  Part part = text_part("a");
  part.metadata = "[]";
  EXPECT_THROW(parts_of(WireForm::v1_0, {part}), std::invalid_argument);
}

TEST(TaskSpecWriter, LeavesOutLimitsThatAreNotSet) {
  JsonWriter none;
  write_policy(none, TaskPolicy());
  EXPECT_EQ(std::move(none).take(), "{}");

  TaskPolicy policy;
  policy.max_tokens = 0;
  policy.max_cost_usd = 0.0;
  policy.max_duration_ms = 1;
  policy.allowed_skills.emplace();
  policy.max_concurrency = 2;
  JsonWriter all;
  write_policy(all, policy);
  EXPECT_EQ(std::move(all).take(),
            R"({"max_tokens":0,"max_cost_usd":0,"max_duration_ms":1,"allowed_skills":[],)"
            R"("max_concurrency":2})");
}

TaskSpec whole_spec() {
  TaskSpec spec;
  spec.skill = "rag";
  spec.input = {text_part("go")};
  spec.id = "of this side only";
  spec.task_id = "t";
  spec.context_id = "c";
  spec.message_id = "m";
  spec.accepted_output_modes = {"text/plain"};
  spec.history_length = 0;
  spec.blocking = false;
  spec.policy.emplace();
  spec.policy->max_tokens = 5;
  spec.context.trace_id = "0af7651916cd43dd8448eb211c80319c";
  spec.context.parent_task_id = "p";
  spec.context.depth = 2;
  spec.context.root_agent_id = "r";
  spec.context.current_agent = "a";
  spec.context.visited_agents = {"r", "a"};
  return spec;
}

constexpr const char* kExtension =
    R"({"https://ruvector.dev/a2a/task-spec/v1":{"skill":"rag","policy":{"max_tokens":5},)"
    R"("context":{"trace_id":"0af7651916cd43dd8448eb211c80319c","parent_task_id":"p","depth":2,)"
    R"("root_agent_id":"r","current_agent":"a","visited_agents":["r","a"]}}})";

std::string message_of(WireForm form) {
  JsonWriter json;
  write_message(json, form, whole_spec());
  return std::move(json).take();
}

TEST(TaskSpecWriter, PutsWhatOfficialPeersDoNotKnowUnderOneExtension) {
  const std::string rest = R"("taskId":"t","contextId":"c","metadata":)" + std::string(kExtension) +
                           R"(,"extensions":["https://ruvector.dev/a2a/task-spec/v1"]})";
  EXPECT_EQ(message_of(WireForm::v1_0),
            R"({"messageId":"m","role":"ROLE_USER","parts":[{"text":"go"}],)" + rest);
  EXPECT_EQ(message_of(WireForm::v0_3), R"({"kind":"message","messageId":"m","role":"user",)"
                                        R"("parts":[{"kind":"text","text":"go"}],)" +
                                            rest);
  EXPECT_EQ(message_of(WireForm::v0_3_rest),
            R"({"messageId":"m","role":"ROLE_USER","content":[{"text":"go"}],)" + rest);
}

std::string configuration_of(WireForm form, const TaskSpec& spec) {
  JsonWriter json;
  write_configuration(json, form, spec);
  return std::move(json).take();
}

TEST(TaskSpecWriter, AlwaysSaysToPeersOf03WhetherToWait) {
  EXPECT_EQ(configuration_of(WireForm::v0_3, TaskSpec()), R"({"blocking":true})");
  EXPECT_EQ(configuration_of(WireForm::v0_3_rest, whole_spec()),
            R"({"acceptedOutputModes":["text/plain"],"historyLength":0,"blocking":false})");
  EXPECT_EQ(configuration_of(WireForm::v1_0, TaskSpec()), "{}");
  EXPECT_EQ(configuration_of(WireForm::v1_0, whole_spec()),
            R"({"acceptedOutputModes":["text/plain"],"historyLength":0,"returnImmediately":true})");
}

}  // namespace
}  // namespace ruvector::a2a
