#include "a2a/dialects/wire_form.h"

#include <array>
#include <utility>

namespace ruvector::a2a {
namespace {

using Word = std::pair<std::string_view, TaskState>;

constexpr std::array<Word, 8> kShortStates = {{
    {"submitted", TaskState::submitted},
    {"working", TaskState::working},
    {"input-required", TaskState::input_required},
    {"auth-required", TaskState::auth_required},
    {"completed", TaskState::completed},
    {"canceled", TaskState::canceled},
    {"failed", TaskState::failed},
    {"rejected", TaskState::rejected},
}};
constexpr std::string_view kLongStatePrefix = "TASK_STATE_";
constexpr std::array<Word, 9> kLongStates = {{
    {"SUBMITTED", TaskState::submitted},
    {"WORKING", TaskState::working},
    {"INPUT_REQUIRED", TaskState::input_required},
    {"AUTH_REQUIRED", TaskState::auth_required},
    {"COMPLETED", TaskState::completed},
    {"CANCELED", TaskState::canceled},
    {"CANCELLED", TaskState::canceled},  // 0.3
    {"FAILED", TaskState::failed},
    {"REJECTED", TaskState::rejected},
}};

template <std::size_t n>
TaskState look_up(const std::array<Word, n>& words, std::string_view word) noexcept {
  for (const auto& [text, state] : words) {
    if (text == word) return state;
  }
  return TaskState::unknown;
}

}  // namespace

TaskState task_state_of(WireForm form, std::string_view word) noexcept {
  if (!is_proto(form)) return look_up(kShortStates, word);
  if (!word.starts_with(kLongStatePrefix)) return TaskState::unknown;
  return look_up(kLongStates, word.substr(kLongStatePrefix.size()));
}

Role role_of(WireForm form, std::string_view word) noexcept {
  if (word == role_word(form, Role::agent)) return Role::agent;
  if (word == role_word(form, Role::user)) return Role::user;
  return Role::unknown;
}

std::string_view role_word(WireForm form, Role role) noexcept {
  switch (role) {
    case Role::user:
      return is_proto(form) ? "ROLE_USER" : "user";
    case Role::agent:
      return is_proto(form) ? "ROLE_AGENT" : "agent";
    case Role::unknown:
      break;
  }
  return is_proto(form) ? "ROLE_UNSPECIFIED" : "unknown";
}

}  // namespace ruvector::a2a
