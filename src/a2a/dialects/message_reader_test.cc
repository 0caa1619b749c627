#include "a2a/dialects/message_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

Part part_of(const std::string& json, WireForm form) {
  const Json value = parse_json(json, "part");
  return read_part(JsonFields(value, "part"), form);
}

std::string error_of(const std::string& json, WireForm form) {
  try {
    part_of(json, form);
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Part, IsTextInEachForm) {
  EXPECT_EQ(part_of(R"({"type":"text","text":"a"})", WireForm::rvagent).text, "a");
  EXPECT_EQ(part_of(R"({"kind":"text","text":"a"})", WireForm::v0_3).text, "a");
  EXPECT_EQ(part_of(R"({"text":"a"})", WireForm::v0_3_rest).text, "a");
  const Part flat = part_of(R"({"text":"a","mediaType":"text/plain"})", WireForm::v1_0);
  EXPECT_EQ(flat.kind, Part::Kind::text);
  EXPECT_EQ(flat.text, "a");
  EXPECT_EQ(flat.media_type, "text/plain");
}

TEST(Part, IsBytesInEachForm) {
  // "hi" is "aGk=" (RFC 4648).
  for (const Part& part :
       {part_of(R"({"type":"file","file":{"name":"n","mimeType":"m","bytes":"aGk="}})",
                WireForm::rvagent),
        part_of(R"({"kind":"file","file":{"name":"n","mimeType":"m","bytes":"aGk="}})",
                WireForm::v0_3),
        part_of(R"({"file":{"name":"n","mimeType":"m","fileWithBytes":"aGk="}})",
                WireForm::v0_3_rest),
        part_of(R"({"raw":"aGk=","filename":"n","mediaType":"m"})", WireForm::v1_0),
        part_of(R"({"raw":"aGk","filename":"n","mediaType":"m"})", WireForm::v1_0)}) {
    EXPECT_EQ(part.kind, Part::Kind::bytes);
    EXPECT_EQ(part.bytes, "hi");
    EXPECT_EQ(part.file_name, "n");
    EXPECT_EQ(part.media_type, "m");
  }
}

TEST(Part, IsAnAddressInEachForm) {
  for (const Part& part :
       {part_of(R"({"type":"file","file":{"uri":"http://h/f"}})", WireForm::rvagent),
        part_of(R"({"kind":"file","file":{"uri":"http://h/f"}})", WireForm::v0_3),
        part_of(R"({"file":{"fileWithUri":"http://h/f"}})", WireForm::v0_3_rest),
        part_of(R"({"url":"http://h/f"})", WireForm::v1_0)}) {
    EXPECT_EQ(part.kind, Part::Kind::url);
    EXPECT_EQ(part.url, "http://h/f");
  }
}

TEST(Part, IsDataInEachForm) {
  for (const Part& part : {part_of(R"({"type":"data","data":{"k":1.0}})", WireForm::rvagent),
                           part_of(R"({"kind":"data","data":{"k":1.0}})", WireForm::v0_3),
                           part_of(R"({"data":{"data":{"k":1.0}}})", WireForm::v0_3_rest),
                           part_of(R"({"data":{"k":1.0}})", WireForm::v1_0)}) {
    EXPECT_EQ(part.kind, Part::Kind::data);
    EXPECT_EQ(part.data, R"({"k":1.0})");
  }
  EXPECT_EQ(part_of(R"({"data":null})", WireForm::v1_0).data, "null");
}

TEST(Part, KeepsItsMetadata) {
  EXPECT_EQ(part_of(R"({"text":"a","metadata":{"b":1e2}})", WireForm::v1_0).metadata,
            R"({"b":1e2})");
  EXPECT_EQ(part_of(R"({"text":"a","metadata":null})", WireForm::v1_0).metadata, "");
}

TEST(Part, ThatIsNoneIsAnErrorThatSaysWhere) {
  EXPECT_EQ(error_of(R"({"type":"video"})", WireForm::rvagent),
            "part.type is none of text, file, data");
  EXPECT_EQ(error_of(R"({"text":"a"})", WireForm::v0_3), "part.kind is missing");
  EXPECT_EQ(error_of(R"({"kind":"text"})", WireForm::v0_3), "part.text is missing");
  EXPECT_EQ(error_of(R"({})", WireForm::v0_3_rest), "part has none of text, file, data");
  EXPECT_EQ(error_of(R"({})", WireForm::v1_0), "part has none of text, raw, url, data");
  EXPECT_EQ(error_of(R"({"raw":"a*"})", WireForm::v1_0), "part.raw is no base64");
  EXPECT_EQ(error_of(R"({"file":{}})", WireForm::v0_3_rest), "part.file.fileWithUri is missing");
}

TEST(Message, HasAllItsMembers) {
  const Json value = parse_json(R"({"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"a"}],
      "taskId":"t","contextId":"c","referenceTaskIds":["r"],"extensions":["e"],
      "metadata":{"k":"v"}})",
                                "message");
  const Message message = read_message(JsonFields(value, "message"), WireForm::v1_0);
  Message expected;
  expected.message_id = "m";
  expected.role = Role::agent;
  expected.parts.emplace_back().text = "a";
  expected.task_id = "t";
  expected.context_id = "c";
  expected.reference_task_ids = {"r"};
  expected.extensions = {"e"};
  expected.metadata = R"({"k":"v"})";
  EXPECT_EQ(message, expected);
}

TEST(Artifact, HasAllItsMembers) {
  const Json value = parse_json(R"({"artifactId":"a","name":"n","description":"d",
      "parts":[{"kind":"text","text":"x"}],"extensions":["e"],"metadata":{}})",
                                "artifact");
  const Artifact artifact = read_artifact(JsonFields(value, "artifact"), WireForm::v0_3);
  Artifact expected;
  expected.artifact_id = "a";
  expected.name = "n";
  expected.description = "d";
  expected.parts.emplace_back().text = "x";
  expected.extensions = {"e"};
  expected.metadata = "{}";
  EXPECT_EQ(artifact, expected);
}

TEST(Artifact, OfRvagentIsCalledByItsIndex) {
  const Json third = parse_json(R"({"parts":[],"index":3})", "artifact");
  EXPECT_EQ(read_artifact(JsonFields(third, "artifact"), WireForm::rvagent).artifact_id, "3");
  const Json first = parse_json(R"({"parts":[]})", "artifact");
  EXPECT_EQ(read_artifact(JsonFields(first, "artifact"), WireForm::rvagent).artifact_id, "0");
  const Json wrong = parse_json(R"({"parts":[],"index":-1})", "artifact");
  EXPECT_THROW(read_artifact(JsonFields(wrong, "artifact"), WireForm::rvagent), ProtocolError);
}

}  // namespace
}  // namespace ruvector::a2a
