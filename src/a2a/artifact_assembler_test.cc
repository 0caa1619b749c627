#include "ruvector/a2a/artifact_assembler.h"

#include <gtest/gtest.h>

#include <string>

namespace ruvector {
namespace {

using Kind = ArtifactAssembler::Violation::Kind;

TaskArtifactUpdateEvent chunk(std::string id, std::string text, bool append, bool last) {
  TaskArtifactUpdateEvent event;
  event.artifact.artifact_id = std::move(id);
  Part part;
  part.text = std::move(text);
  event.artifact.parts = {part};
  event.append = append;
  event.last_chunk = last;
  return event;
}

TEST(ArtifactAssembler, ChunksToAppendMakeOneArtifact) {
  ArtifactAssembler assembler;
  EXPECT_TRUE(assembler.add(chunk("a", "one ", false, false)).empty());
  EXPECT_TRUE(assembler.add(chunk("b", "other", false, true)).empty());
  EXPECT_FALSE(assembler.is_complete("a"));
  EXPECT_TRUE(assembler.add(chunk("a", "two ", true, false)).empty());
  EXPECT_TRUE(assembler.add(chunk("a", "three", true, true)).empty());
  EXPECT_EQ(assembler.text("a"), "one two three");
  EXPECT_TRUE(assembler.is_complete("a"));
  ASSERT_EQ(assembler.artifacts().size(), 2u);
  EXPECT_EQ(assembler.artifacts()[0].artifact_id, "a");
  EXPECT_EQ(assembler.artifacts()[0].parts.size(), 3u);
  EXPECT_EQ(assembler.text("b"), "other");
  EXPECT_EQ(assembler.text("none"), "");
}

TEST(ArtifactAssembler, AChunkThatIsNotToAppendBeginsAnew) {
  ArtifactAssembler assembler;
  assembler.add(chunk("a", "old", false, true));
  EXPECT_TRUE(assembler.add(chunk("a", "new", false, false)).empty());
  EXPECT_EQ(assembler.text("a"), "new");
  EXPECT_FALSE(assembler.is_complete("a"));
}

TEST(ArtifactAssembler, AppendingToNothingIsReportedAndKept) {
  ArtifactAssembler assembler;
  const auto found = assembler.add(chunk("a", "lost start", true, false));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, Kind::append_to_nothing);
  EXPECT_EQ(found[0].artifact_id, "a");
  EXPECT_EQ(assembler.text("a"), "lost start");
}

TEST(ArtifactAssembler, AppendingAfterTheLastChunkIsReportedAndKept) {
  ArtifactAssembler assembler;
  assembler.add(chunk("a", "done", false, true));
  const auto found = assembler.add(chunk("a", " and more", true, true));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, Kind::after_last);
  EXPECT_EQ(assembler.text("a"), "done and more");
}

TEST(ArtifactAssembler, ChunksWithoutIdAreReportedAndKept) {
  ArtifactAssembler assembler;
  const auto found = assembler.add(chunk("", "x", false, false));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, Kind::without_id);
  assembler.add(chunk("", "y", true, true));
  EXPECT_EQ(assembler.text(""), "xy");
}

TEST(ArtifactAssembler, LaterChunksMayNameAndDescribe) {
  ArtifactAssembler assembler;
  TaskArtifactUpdateEvent first = chunk("a", "1", false, false);
  first.artifact.name = "draft";
  first.artifact.metadata = R"({"k":1})";
  TaskArtifactUpdateEvent second = chunk("a", "2", true, true);
  second.artifact.name = "final";
  assembler.add(first);
  assembler.add(second);
  EXPECT_EQ(assembler.artifacts()[0].name, "final");
  EXPECT_EQ(assembler.artifacts()[0].metadata, R"({"k":1})");
}

TEST(ArtifactAssembler, ATaskHasItsArtifactsWhole) {
  ArtifactAssembler assembler;
  assembler.add(chunk("a", "half", false, false));
  TaskUpdate update;
  update.kind = TaskUpdate::Kind::task;
  update.task.emplace();
  update.task->artifacts = {chunk("a", "whole", false, false).artifact,
                            chunk("b", "another", false, false).artifact};
  EXPECT_TRUE(assembler.add(update).empty());
  EXPECT_EQ(assembler.text("a"), "whole");
  EXPECT_EQ(assembler.text("b"), "another");
  EXPECT_TRUE(assembler.is_complete("a"));
}

TEST(ArtifactAssembler, OtherUpdatesDoNothing) {
  ArtifactAssembler assembler;
  TaskUpdate update;
  update.status.emplace();
  EXPECT_TRUE(assembler.add(update).empty());
  EXPECT_TRUE(assembler.artifacts().empty());
}

}  // namespace
}  // namespace ruvector
