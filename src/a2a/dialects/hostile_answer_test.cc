// Answers that are cut off, of the wrong types or absurd: each is an error of A2A, never another.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "a2a/codec.h"
#include "a2a/dialects/test_description.h"
#include "a2a/dialects/test_transcript.h"
#include "a2a/json.h"

namespace ruvector::a2a {
namespace {

std::unique_ptr<Codec> codec_of(Protocol protocol, Binding binding = Binding::jsonrpc) {
  Endpoint endpoint;
  endpoint.protocol = protocol;
  endpoint.binding = binding;
  endpoint.url = "http://127.0.0.1:1";
  return make_codec(std::move(endpoint), 64);
}

const net::ResponseHead kOk{.status = 200, .headers = {}};

// A task with every member, in each form. `any` marks what may hold any JSON.
constexpr const char* kRvagentTask = R"({"jsonrpc":"2.0","id":"r","result":{
  "id":"t","sessionId":"s","status":{"state":"working","timestamp":"now","message":
  {"role":"agent","parts":[{"type":"text","text":"x"}],"metadata":{}}},
  "artifacts":[{"name":"n","description":"d","parts":[
  {"type":"file","file":{"name":"f","mimeType":"m","bytes":"aGk="}},
  {"type":"data","data":{"any":1}}],"index":1,"metadata":{}}],
  "history":[{"role":"user","parts":[{"type":"file","file":{"uri":"u"}}],"metadata":{}}],
  "metadata":{"any":1}}})";
constexpr const char* kTaggedTask = R"({"jsonrpc":"2.0","id":"r","result":{
  "kind":"task","id":"t","contextId":"c","status":{"state":"working","timestamp":"now","message":
  {"messageId":"m","role":"agent","parts":[{"kind":"text","text":"x",
  "metadata":{}}],"taskId":"t","contextId":"c","referenceTaskIds":["r"],"extensions":["e"]}},
  "artifacts":[{"artifactId":"a","name":"n","description":"d","parts":[
  {"kind":"file","file":{"name":"f","mimeType":"m","bytes":"aGk="}},
  {"kind":"data","data":{"any":1}}],"extensions":["e"],"metadata":{}}],
  "history":[{"messageId":"m","role":"user","parts":[
  {"kind":"file","file":{"uri":"u"}}]}],"metadata":{"any":1}}})";
constexpr const char* kFlatTask = R"({"jsonrpc":"2.0","id":"r","result":{"task":{
  "id":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING","timestamp":"now","message":
  {"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"x","filename":"f","mediaType":"m",
  "metadata":{}}],"taskId":"t","contextId":"c","referenceTaskIds":["r"],"extensions":["e"]}},
  "artifacts":[{"artifactId":"a","name":"n","description":"d","parts":[{"raw":"aGk="},
  {"data":{"any":1}}],"extensions":["e"],"metadata":{}}],
  "history":[{"messageId":"m","role":"ROLE_USER","parts":[{"url":"u"}]}],
  "metadata":{"any":1}}}})";

struct Sample {
  Protocol protocol;
  const char* body;
};
const std::array<Sample, 3> kSamples = {{{Protocol::rvagent, kRvagentTask},
                                         {Protocol::v0_3, kTaggedTask},
                                         {Protocol::v1_0, kFlatTask}}};

// Calls `visit` for each value that a protocol gives a type to, with a way that names it.
void for_each_value(Json& value, const std::string& way,
                    const std::function<void(Json&, const std::string&)>& visit) {
  visit(value, way);
  for (auto& [name, member] : value.members) {
    // What users store may have any type; a kind or state that changes its word is no wrong type.
    if (name == "any" || name == "data") continue;
    std::string longer = way;
    longer += '.';
    longer += name;
    for_each_value(member, longer, visit);
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    for_each_value(value.items[i], way + "[" + std::to_string(i) + "]", visit);
  }
}

TEST(HostileAnswer, OfTheWrongTypeAnywhereIsAProtocolError) {
  const std::vector<std::string> others = {"true", "7", "\"text\"", "[7]", "{\"any\":7}"};
  for (const auto& [protocol, body] : kSamples) {
    const auto codec = codec_of(protocol);
    Json sample = parse_json(body, "sample");
    ASSERT_NO_THROW(codec->send_result(kOk, to_text(sample), "r"));
    int wrong = 0;
    for_each_value(sample, "", [&](Json& value, const std::string& way) {
      const Json right = value;
      for (const std::string& other : others) {
        value = parse_json(other, "other");
        if (value.kind == right.kind) continue;
        const std::string found =
            outcome([&] { return codec->send_result(kOk, to_text(sample), "r"); });
        EXPECT_EQ(found, "ProtocolError 0") << way << " is " << other;
        ++wrong;
      }
      value = right;
    });
    EXPECT_GT(wrong, 100);
  }
}

TEST(HostileAnswer, EventOfTheWrongTypeAnywhereIsAProtocolError) {
  struct Event {
    Protocol protocol;
    const char* name;
    const char* data;
  };
  const std::array<Event, 6> events = {{
      {Protocol::rvagent, "status",
       R"({"id":"t","status":{"state":"working"},"final":true,"metadata":{}})"},
      {Protocol::rvagent, "artifact",
       R"({"id":"t","artifact":{"parts":[],"append":true,"lastChunk":true},"metadata":{}})"},
      {Protocol::v0_3, "message",
       R"({"id":"r","result":{"kind":"status-update","taskId":"t","contextId":"c",
           "status":{"state":"working"},"final":true,"metadata":{}}})"},
      {Protocol::v0_3, "message",
       R"({"id":"r","result":{"kind":"artifact-update","taskId":"t","contextId":"c",
           "artifact":{"artifactId":"a"},"append":true,"lastChunk":true,"metadata":{}}})"},
      {Protocol::v1_0, "message",
       R"({"id":"r","result":{"statusUpdate":{"taskId":"t","contextId":"c",
           "status":{"state":"TASK_STATE_WORKING"},"metadata":{}}}})"},
      {Protocol::v1_0, "message",
       R"({"id":"r","result":{"artifactUpdate":{"taskId":"t","contextId":"c",
           "artifact":{"artifactId":"a"},"append":true,"lastChunk":true,"metadata":{}}}})"},
  }};
  for (const auto& [protocol, name, data] : events) {
    const auto codec = codec_of(protocol);
    Json sample = parse_json(data, "sample");
    ASSERT_NO_THROW(codec->stream_item(name, data, "r"));
    for_each_value(sample, "", [&](Json& value, const std::string& way) {
      const Json right = value;
      for (const char* const other : {"true", "7", "\"text\"", "[7]", "{\"any\":7}"}) {
        value = parse_json(other, "other");
        if (value.kind == right.kind) continue;
        EXPECT_EQ(outcome([&] { return codec->stream_item(name, to_text(sample), "r"); }),
                  "ProtocolError 0")
            << way << " is " << other;
      }
      value = right;
    });
  }
}

TEST(HostileAnswer, WithNullsIsReadOrAProtocolError) {
  for (const auto& [protocol, body] : kSamples) {
    const auto codec = codec_of(protocol);
    Json sample = parse_json(body, "sample");
    for_each_value(sample, "", [&](Json& value, const std::string& way) {
      const Json right = value;
      value = Json();
      const std::string found =
          outcome([&] { return codec->send_result(kOk, to_text(sample), "r"); });
      EXPECT_TRUE(found.starts_with("task ") || found == "ProtocolError 0") << way << ": " << found;
      value = right;
    });
  }
}

TEST(HostileAnswer, CutOffAnywhereIsAProtocolError) {
  for (const auto& [protocol, body] : kSamples) {
    const auto codec = codec_of(protocol);
    const std::string whole = body;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(outcome([&] { return codec->send_result(kOk, whole.substr(0, size), "r"); }),
                "ProtocolError 0")
          << size;
    }
  }
}

TEST(HostileAnswer, OfARealServerCutOffAnywhereIsAProtocolError) {
  for (const auto& [server, protocol] :
       {std::pair{"py10", Protocol::v1_0}, std::pair{"js03", Protocol::v0_3}}) {
    const auto codec = codec_of(protocol);
    const Exchange exchange = find_exchange(server, "stream");
    for (const Frame& frame : frames_of(exchange.body)) {
      for (std::size_t size = 0; size < frame.data.size(); ++size) {
        EXPECT_EQ(outcome([&] {
                    return codec->stream_item("message", frame.data.substr(0, size), "r3");
                  }),
                  "ProtocolError 0");
      }
    }
  }
}

TEST(HostileAnswer, WithAbsurdNumbersIsAProtocolError) {
  for (const char* const number :
       {"-1", "1.5", "1e99999", "18446744073709551616", "999999999999999999999999999999"}) {
    const std::string artifact =
        R"({"id":"t","artifact":{"parts":[],"index":)" + std::string(number) + "}}";
    EXPECT_EQ(
        outcome([&] { return codec_of(Protocol::rvagent)->stream_item("artifact", artifact, ""); }),
        "ProtocolError 0")
        << number;
    const std::string lagged = R"({"lagged":)" + std::string(number) + "}";
    EXPECT_EQ(
        outcome([&] { return codec_of(Protocol::rvagent)->stream_item("warning", lagged, ""); }),
        "ProtocolError 0")
        << number;
    const std::string page =
        R"({"jsonrpc":"2.0","id":"r","result":{"totalSize":)" + std::string(number) + "}}";
    EXPECT_EQ(outcome([&] { return codec_of(Protocol::v1_0)->task_page(kOk, page, "r"); }),
              "ProtocolError 0")
        << number;
  }
}

TEST(HostileAnswer, NestedTooDeeplyIsAProtocolError) {
  std::string deep = R"({"jsonrpc":"2.0","id":"r","result":{"message":{"metadata":)";
  for (int i = 0; i < 100'000; ++i) deep += "[";
  EXPECT_EQ(outcome([&] { return codec_of(Protocol::v1_0)->send_result(kOk, deep, "r"); }),
            "ProtocolError 0");
}

TEST(HostileAnswer, WithTwoMembersOfANameIsAProtocolError) {
  const std::string twice =
      R"({"jsonrpc":"2.0","id":"r","result":{"message":{}},"result":{"task":{}}})";
  EXPECT_EQ(outcome([&] { return codec_of(Protocol::v1_0)->send_result(kOk, twice, "r"); }),
            "ProtocolError 0");
}

TEST(HostileAnswer, ThatIsNoUtf8IsAProtocolError) {
  const std::string bad =
      "{\"jsonrpc\":\"2.0\",\"id\":\"r\",\"result\":{\"message\":{\"messageId\":\"\xFF\"}}}";
  EXPECT_EQ(outcome([&] { return codec_of(Protocol::v1_0)->send_result(kOk, bad, "r"); }),
            "ProtocolError 0");
}

}  // namespace
}  // namespace ruvector::a2a
