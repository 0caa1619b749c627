// The forms that the same values take on the wire, and the words that differ between them.
// Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "ruvector/a2a/message.h"
#include "ruvector/a2a/task.h"

namespace ruvector::a2a {

enum class WireForm : std::uint8_t {
  rvagent,    // tag `type`; artifacts by index
  v0_3,       // tag `kind`
  v0_3_rest,  // protobuf's JSON of 0.3: a member for each kind, `content`, long names of states
  v1_0,       // protobuf's JSON of 1.0: a member for each kind, long names of states
};

// Whether it is protobuf's JSON, which leaves out what has its default.
constexpr bool is_proto(WireForm form) noexcept {
  return form == WireForm::v0_3_rest || form == WireForm::v1_0;
}

// Unknown for what the form has no such word for.
TaskState task_state_of(WireForm form, std::string_view word) noexcept;
Role role_of(WireForm form, std::string_view word) noexcept;
std::string_view role_word(WireForm form, Role role) noexcept;

}  // namespace ruvector::a2a
