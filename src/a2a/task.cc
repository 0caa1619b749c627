#include "ruvector/a2a/task.h"

namespace ruvector {

bool is_terminal(TaskState state) noexcept {
  switch (state) {
    case TaskState::completed:
    case TaskState::canceled:
    case TaskState::failed:
    case TaskState::rejected:
      return true;
    default:
      return false;
  }
}

bool is_interrupted(TaskState state) noexcept {
  return state == TaskState::input_required || state == TaskState::auth_required;
}

}  // namespace ruvector
