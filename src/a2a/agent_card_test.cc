#include "ruvector/a2a/agent_card.h"

#include <gtest/gtest.h>

namespace ruvector {
namespace {

TEST(AgentCard, DialectsAndBindingsHaveTheNamesOfTheProtocol) {
  EXPECT_EQ(protocol_name(Protocol::rvagent), "rvagent");
  EXPECT_EQ(protocol_name(Protocol::v0_3), "0.3");
  EXPECT_EQ(protocol_name(Protocol::v1_0), "1.0");
  EXPECT_EQ(binding_name(Binding::jsonrpc), "JSONRPC");
  EXPECT_EQ(binding_name(Binding::http_json), "HTTP+JSON");
}

}  // namespace
}  // namespace ruvector
