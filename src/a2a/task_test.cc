#include "ruvector/a2a/task.h"

#include <gtest/gtest.h>

namespace ruvector {
namespace {

TEST(TaskState, IsOverOrWaitsForItsCallerOrGoesOn) {
  for (const TaskState over :
       {TaskState::completed, TaskState::canceled, TaskState::failed, TaskState::rejected}) {
    EXPECT_TRUE(is_terminal(over));
    EXPECT_FALSE(is_interrupted(over));
  }
  for (const TaskState waits : {TaskState::input_required, TaskState::auth_required}) {
    EXPECT_TRUE(is_interrupted(waits));
    EXPECT_FALSE(is_terminal(waits));
  }
  for (const TaskState goes_on : {TaskState::submitted, TaskState::working, TaskState::unknown}) {
    EXPECT_FALSE(is_terminal(goes_on) || is_interrupted(goes_on));
  }
}

}  // namespace
}  // namespace ruvector
