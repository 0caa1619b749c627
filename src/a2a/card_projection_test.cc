#include "a2a/card_projection.h"

#include <gtest/gtest.h>

namespace ruvector::a2a {
namespace {

ProjectedCard project(std::string_view text, CardProjection projection) {
  return project_card(parse_json(text, "test"), projection);
}

constexpr std::string_view kCard =
    R"({"name":"n","description":"","x":1,"y":"","supportedInterfaces":[{"url":"u",)"
    R"("protocolBinding":"JSONRPC","tenant":"","protocolVersion":"1.0","z":[2]}],)"
    R"("capabilities":{"streaming":false,"extensions":[{"uri":"e","required":false,)"
    R"("params":{"a":"","b":0,"c":[null]}}]},"securitySchemes":{},"defaultInputModes":[],)"
    R"("documentationUrl":"","skills":[{"id":"s","tags":[],"examples":[""]}]})";

TEST(CardProjection, OfTheSdksDropsWhatIsEmpty) {
  const ProjectedCard card = project(kCard, CardProjection::sdk_1);
  EXPECT_EQ(to_text(card.value),
            R"({"name":"n","supportedInterfaces":[{"url":"u","protocolBinding":"JSONRPC",)"
            R"("protocolVersion":"1.0"}],"capabilities":{"streaming":false,)"
            R"("extensions":[{"uri":"e","params":{"b":0}}]},"skills":[{"id":"s"}]})");
  EXPECT_EQ(card.dropped, (std::vector<std::string>{"supportedInterfaces[0].z", "x"}));
}

TEST(CardProjection, OfTheSpecificationKeepsWhatIsRequired) {
  const ProjectedCard card = project(kCard, CardProjection::specification);
  EXPECT_EQ(to_text(card.value),
            R"({"name":"n","description":"","supportedInterfaces":[{"url":"u",)"
            R"("protocolBinding":"JSONRPC","protocolVersion":"1.0"}],)"
            R"("capabilities":{"streaming":false,"extensions":[{"uri":"e",)"
            R"("params":{"a":"","b":0,"c":[null]}}]},"defaultInputModes":[],)"
            R"("skills":[{"id":"s","tags":[]}]})");
}

TEST(CardProjection, OfTheOldSdkDropsDefaults) {
  const ProjectedCard card = project(
      R"({"name":"n","url":"u","protocolVersion":"0.3.0","preferredTransport":"JSONRPC",)"
      R"("supportsAuthenticatedExtendedCard":false,"security":[{"k":[]}],"supportedInterfaces":[1],)"
      R"("securitySchemes":{"k":{"type":"apiKey","in":"header","name":"X"}}})",
      CardProjection::sdk_0_3);
  EXPECT_EQ(to_text(card.value),
            R"({"name":"n","url":"u","securitySchemes":{"k":{"in":"header","name":"X"}},)"
            R"("supportsAuthenticatedExtendedCard":false})");
  EXPECT_EQ(card.dropped,
            (std::vector<std::string>{"securitySchemes.k.type", "supportedInterfaces"}));
  EXPECT_EQ(to_text(project(R"({"protocolVersion":"0.3","preferredTransport":"GRPC"})",
                            CardProjection::sdk_0_3)
                        .value),
            R"({"protocolVersion":"0.3","preferredTransport":"GRPC"})");
}

TEST(CardProjection, OfRvAgentFillsDefaults) {
  const ProjectedCard card = project(
      R"({"name":"n","provider":{"organization":"o","url":null},"capabilities":{},)"
      R"("skills":[{"id":"s","name":"s","description":"d","more":1}],"authentication":{},"x":{}})",
      CardProjection::rvagent);
  EXPECT_EQ(to_text(card.value),
            R"({"name":"n","provider":{"organization":"o"},)"
            R"("capabilities":{"streaming":false,"pushNotifications":false},)"
            R"("skills":[{"id":"s","name":"s","description":"d","tags":[],"inputModes":[],)"
            R"("outputModes":[]}],"authentication":{"schemes":[]},"metadata":null})");
  EXPECT_EQ(card.dropped, std::vector<std::string>{"skills[0].more"});
}

TEST(CardProjection, DropsAMemberOfAnotherType) {
  const ProjectedCard card =
      project(R"({"name":1,"skills":{"a":1},"capabilities":[]})", CardProjection::sdk_1);
  EXPECT_EQ(to_text(card.value), "{}");
  EXPECT_EQ(card.dropped, (std::vector<std::string>{"capabilities", "name", "skills"}));
}

}  // namespace
}  // namespace ruvector::a2a
