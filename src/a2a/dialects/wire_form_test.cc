#include "a2a/dialects/wire_form.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace ruvector::a2a {
namespace {

TEST(WireForm, HasAWordForEachState) {
  const std::map<std::string, TaskState> short_words = {
      {"submitted", TaskState::submitted},
      {"working", TaskState::working},
      {"input-required", TaskState::input_required},
      {"auth-required", TaskState::auth_required},
      {"completed", TaskState::completed},
      {"canceled", TaskState::canceled},
      {"failed", TaskState::failed},
      {"rejected", TaskState::rejected},
      {"unknown", TaskState::unknown},
      {"TASK_STATE_WORKING", TaskState::unknown},
      {"Working", TaskState::unknown},
      {"", TaskState::unknown},
  };
  for (const auto& [word, state] : short_words) {
    EXPECT_EQ(task_state_of(WireForm::rvagent, word), state) << word;
    EXPECT_EQ(task_state_of(WireForm::v0_3, word), state) << word;
  }
  const std::map<std::string, TaskState> long_words = {
      {"TASK_STATE_SUBMITTED", TaskState::submitted},
      {"TASK_STATE_WORKING", TaskState::working},
      {"TASK_STATE_INPUT_REQUIRED", TaskState::input_required},
      {"TASK_STATE_AUTH_REQUIRED", TaskState::auth_required},
      {"TASK_STATE_COMPLETED", TaskState::completed},
      {"TASK_STATE_CANCELED", TaskState::canceled},
      {"TASK_STATE_CANCELLED", TaskState::canceled},
      {"TASK_STATE_FAILED", TaskState::failed},
      {"TASK_STATE_REJECTED", TaskState::rejected},
      {"TASK_STATE_UNSPECIFIED", TaskState::unknown},
      {"TASK_STATE_", TaskState::unknown},
      {"WORKING", TaskState::unknown},
      {"working", TaskState::unknown},
  };
  for (const auto& [word, state] : long_words) {
    EXPECT_EQ(task_state_of(WireForm::v0_3_rest, word), state) << word;
    EXPECT_EQ(task_state_of(WireForm::v1_0, word), state) << word;
  }
}

TEST(WireForm, HasAWordForEachRole) {
  EXPECT_EQ(role_word(WireForm::rvagent, Role::user), "user");
  EXPECT_EQ(role_word(WireForm::v0_3, Role::agent), "agent");
  EXPECT_EQ(role_word(WireForm::v0_3_rest, Role::user), "ROLE_USER");
  EXPECT_EQ(role_word(WireForm::v1_0, Role::agent), "ROLE_AGENT");
  EXPECT_EQ(role_of(WireForm::v1_0, "ROLE_USER"), Role::user);
  EXPECT_EQ(role_of(WireForm::v1_0, "user"), Role::unknown);
  EXPECT_EQ(role_of(WireForm::v0_3, "agent"), Role::agent);
  EXPECT_EQ(role_of(WireForm::v0_3, "ROLE_AGENT"), Role::unknown);
  EXPECT_EQ(role_of(WireForm::rvagent, ""), Role::unknown);
}

}  // namespace
}  // namespace ruvector::a2a
