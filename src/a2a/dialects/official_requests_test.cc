// Compares requests with those of the official clients, as a server saw them.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "a2a/codec.h"
#include "a2a/dialects/test_transcript.h"
#include "a2a/json.h"

namespace ruvector::a2a {
namespace {

struct Recorded {
  std::string title;  // such as "a2a-sdk 1.3.0 stream"
  net::Request request;
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "==== title", "----", the head, an empty line, the body.
std::vector<Recorded> read_recorded() {
  std::istringstream lines(golden_text("official_client_requests"));
  std::vector<Recorded> all;
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("==== ")) {
      all.emplace_back().title = line.substr(5);
    } else if (line.starts_with("POST ")) {
      all.back().request.method = "POST";
      all.back().request.url = line.substr(5, line.find(' ', 5) - 5);
    } else if (line.starts_with("{")) {
      all.back().request.body = line;
    } else if (const std::size_t colon = line.find(": "); colon != std::string::npos) {
      all.back().request.headers.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
    }
  }
  return all;
}

std::string header(const net::Request& request, const std::string& name) {
  std::string value;  // the last one, as a client's own comes behind its library's
  for (const auto& [key, text] : request.headers) {
    if (lower(key) == name) value = text;
  }
  return value;
}

Json without(Json object, const std::vector<std::string>& names) {
  std::erase_if(object.members, [&](const Json::Member& member) {
    return std::ranges::find(names, member.first) != names.end();
  });
  return object;
}

Json sorted(Json value) {
  std::ranges::sort(value.members, {}, &Json::Member::first);
  for (auto& [name, member] : value.members) member = sorted(std::move(member));
  for (Json& item : value.items) item = sorted(std::move(item));
  return value;
}

WireCall our_call(const Recorded& recorded) {
  const bool is_old = recorded.title.find("0.3.") != std::string::npos;
  Endpoint endpoint;
  endpoint.protocol = is_old ? Protocol::v0_3 : Protocol::v1_0;
  endpoint.url = recorded.request.url;
  TaskSpec spec;
  spec.message_id = "u1";
  spec.input.emplace_back().text = "go";
  spec.context.trace_id = std::string(32, 'a');
  const auto codec = make_codec(std::move(endpoint), 64);
  return recorded.title.ends_with("stream") ? codec->stream_task(spec, "r1")
                                            : codec->send_task(spec, "r1");
}

TEST(OfficialRequests, AreThoseOfTheOfficialClientsAndAnExtension) {
  const std::vector<Recorded> all = read_recorded();
  ASSERT_EQ(all.size(), 8U);
  for (const Recorded& recorded : all) {
    SCOPED_TRACE(recorded.title);
    const WireCall call = our_call(recorded);
    EXPECT_EQ(call.request.method, "POST");
    EXPECT_EQ(call.request.url, recorded.request.url);
    for (const char* const name : {"a2a-version", "content-type"}) {
      EXPECT_EQ(header(call.request, name), header(recorded.request, name));
    }
    if (recorded.title.ends_with("stream")) {
      EXPECT_EQ(header(call.request, "accept"), header(recorded.request, "accept"));
      EXPECT_TRUE(call.request.is_stream);
    } else {
      EXPECT_FALSE(call.request.is_stream);
    }

    const Json ours = parse_json(call.request.body, "ours");
    const Json theirs = parse_json(recorded.request.body, "theirs");
    EXPECT_EQ(ours.find("method")->text, theirs.find("method")->text);
    EXPECT_EQ(ours.find("jsonrpc")->text, "2.0");
    EXPECT_EQ(ours.find("id")->text, "r1");
    const Json message = *ours.find("params")->find("message");
    const std::string extension(kTaskSpecExtension);
    EXPECT_EQ(to_text(*message.find("extensions")), "[\"" + extension + "\"]");
    EXPECT_NE(message.find("metadata")->find(extension), nullptr);
    EXPECT_EQ(to_text(sorted(without(message, {"extensions", "metadata"}))),
              to_text(sorted(*theirs.find("params")->find("message"))));
    // An empty list of modes says nothing.
    EXPECT_EQ(
        to_text(*ours.find("params")->find("configuration")),
        to_text(without(*theirs.find("params")->find("configuration"), {"acceptedOutputModes"})));
  }
}

}  // namespace
}  // namespace ruvector::a2a
