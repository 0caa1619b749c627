#include "a2a/dialects/task_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

StreamItem item_from(const std::string& json, WireForm form) {
  const Json value = parse_json(json, "event");
  return read_stream_item(JsonFields(value, "event"), form);
}

std::string error_of(const std::string& json, WireForm form) {
  try {
    item_from(json, form);
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TaskReader, KeepsWordsOfStatesThatItDoesNotKnow) {
  const StreamItem item = item_from(
      R"({"kind":"status-update","taskId":"t","status":{"state":"paused","timestamp":"now"}})",
      WireForm::v0_3);
  EXPECT_EQ(item.update.status->status.state, TaskState::unknown);
  EXPECT_EQ(item.update.status->status.raw_state, "paused");
  EXPECT_EQ(item.update.status->status.timestamp, "now");
}

TEST(TaskReader, TakesAMissingStateForTheDefaultInProtobufOnly) {
  EXPECT_EQ(item_from(R"({"task":{"id":"t","status":{}}})", WireForm::v1_0).update.task->status,
            TaskStatus());
  EXPECT_EQ(error_of(R"({"kind":"task","id":"t","status":{}})", WireForm::v0_3),
            "event.status.state is missing");
}

TEST(TaskReader, ReadsAnArtifactsFlagsWhereTheFormHasThem) {
  const StreamItem official = item_from(
      R"({"artifactUpdate":{"taskId":"t","contextId":"c","artifact":{"artifactId":"a"},
          "append":true,"lastChunk":true,"metadata":{"m":1}}})",
      WireForm::v1_0);
  EXPECT_TRUE(official.update.artifact->append);
  EXPECT_TRUE(official.update.artifact->last_chunk);
  EXPECT_EQ(official.update.artifact->metadata, R"({"m":1})");
  EXPECT_EQ(official.update.task_id, "t");
  EXPECT_EQ(official.update.context_id, "c");
  EXPECT_FALSE(official.is_final);

  const Json value = parse_json(
      R"({"id":"t","artifact":{"parts":[],"append":true,"lastChunk":false}})", "artifact");
  const auto event = read_artifact_event(JsonFields(value, "artifact"), WireForm::rvagent);
  EXPECT_TRUE(event.append);
  EXPECT_FALSE(event.last_chunk);
}

TEST(TaskReader, ReadsTheSessionOfRvagentAsContext) {
  const Json value =
      parse_json(R"({"id":"t","sessionId":"s","status":{"state":"failed"}})", "task");
  const Task task = read_task(JsonFields(value, "task"), WireForm::rvagent);
  EXPECT_EQ(task.context_id, "s");
  EXPECT_EQ(task.status.state, TaskState::failed);
}

TEST(TaskReader, WarnsOfEventsThatItDoesNotKnow) {
  for (const StreamItem& item : {item_from(R"({"kind":"progress"})", WireForm::v0_3),
                                 item_from(R"({"progress":{}})", WireForm::v1_0)}) {
    EXPECT_EQ(item.update.kind, TaskUpdate::Kind::warning);
    EXPECT_EQ(item.update.warning->reason, "unknown event 'progress'");
    EXPECT_FALSE(item.update.warning->gap);
    EXPECT_FALSE(item.is_final);
  }
  EXPECT_EQ(item_from("{}", WireForm::v1_0).update.warning->reason, "unknown event ''");
}

TEST(TaskReader, RefusesTwoKindsAtOnce) {
  EXPECT_EQ(error_of(R"({"task":{},"message":{}})", WireForm::v1_0),
            "event.message stands beside task");
}

TEST(TaskReader, SaysWhereTheErrorIs) {
  EXPECT_EQ(error_of(R"({"task":{"id":"t","status":{"state":1}}})", WireForm::v1_0),
            "event.task.status.state is a number, not a string");
  EXPECT_EQ(error_of(R"({"task":{"status":{}}})", WireForm::v1_0), "event.task.id is missing");
  EXPECT_EQ(error_of(R"({"task":{"id":"t"}})", WireForm::v1_0), "event.task.status is missing");
}

TEST(TaskReader, TakesATaskOrAMessageForTheAnswerToAMessage) {
  const auto read = [](const char* json, WireForm form) {
    const Json value = parse_json(json, "result");
    return read_send_result(JsonFields(value, "result"), form);
  };
  EXPECT_TRUE(read(R"({"task":{"id":"t","status":{}}})", WireForm::v0_3_rest).task);
  EXPECT_TRUE(read(R"({"message":{"messageId":"m"}})", WireForm::v1_0).message);
  EXPECT_TRUE(read(R"({"kind":"message","messageId":"m"})", WireForm::v0_3).message);
  EXPECT_THROW(read(R"({"statusUpdate":{}})", WireForm::v1_0), ProtocolError);
  EXPECT_THROW(read(R"({"kind":"status-update"})", WireForm::v0_3), ProtocolError);
  EXPECT_THROW(read("{}", WireForm::v1_0), ProtocolError);
}

TEST(TaskReader, ReadsAPageWithoutMore) {
  const Json value =
      parse_json(R"({"tasks":[{"id":"a","status":{}},{"id":"b","status":{}}]})", "page");
  const TaskPage page = read_task_page(JsonFields(value, "page"), WireForm::v1_0);
  ASSERT_EQ(page.tasks.size(), 2U);
  EXPECT_EQ(page.tasks[1].id, "b");
  EXPECT_TRUE(page.next_page_token.empty());
  EXPECT_FALSE(page.total_size);
}

}  // namespace
}  // namespace ruvector::a2a
