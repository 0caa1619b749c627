// Events and answers of streams for tests of StreamMachine, and questions about its steps.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "a2a/stream_machine.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

using std::chrono::milliseconds;
using Do = StreamMachine::Do;
using Step = StreamMachine::Step;

// Half of each bound of the jitter.
inline RetryPolicy backoff() {
  return RetryPolicy({.uniform = [] { return 0.5; }, .unix_s = [] { return std::int64_t{0}; }});
}

inline StreamMachine official(Protocol protocol = Protocol::v1_0) {
  return {{.protocol = protocol}, "", backoff()};
}

inline StreamMachine rvagent_with_task() {
  return {{.protocol = Protocol::rvagent, .sends_beside = true}, "t", backoff()};
}

inline StreamMachine subscribed(Protocol protocol) {
  return {{.protocol = protocol, .is_subscription = true}, "t", backoff()};
}

inline TaskStatus status(TaskState state, std::string time, std::string text = "") {
  TaskStatus made{.state = state, .timestamp = std::move(time)};
  if (!text.empty()) made.message = Message{.parts = {Part{.text = std::move(text)}}};
  return made;
}

inline StreamItem status_item(TaskState state, std::string time, bool is_final = false,
                              std::string text = "") {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::status;
  item.update.task_id = "t";
  item.update.status =
      TaskStatusUpdateEvent{.task_id = "t",
                            .status = status(state, std::move(time), std::move(text)),
                            .is_final = is_final};
  item.is_final = is_final;
  return item;
}

inline StreamItem artifact_item() {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::artifact;
  item.update.task_id = "t";
  item.update.artifact.emplace();
  return item;
}

inline StreamItem message_item() {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::message;
  item.update.message = Message{.message_id = "m"};
  return item;
}

inline StreamItem lagged_item() {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::warning;
  item.update.task_id = "t";
  item.update.warning = StreamWarning{.reason = "lagged", .gap = true, .missed = 9};
  return item;
}

inline Task task(TaskState state, std::string time = "9") {
  return {.id = "t", .status = status(state, std::move(time))};
}

inline StreamItem task_item(TaskState state, std::string time = "9") {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::task;
  item.update.task_id = "t";
  item.update.task = task(state, std::move(time));
  return item;
}

inline net::Failure broken() { return {.kind = net::Failure::Kind::broken, .message = "reset"}; }

template <class Error>
std::exception_ptr error(const char* text = "the peer says so") {
  return std::make_exception_ptr(Error(text));
}

template <class Error>
bool fails_with(const Step& step) {
  if (step.what != Do::fail) return false;
  try {
    std::rethrow_exception(step.error);
  } catch (const Error&) {
    return true;
  } catch (...) {
    return false;
  }
}

// Whether `step` states a gap, and then gives nothing or a task in `state`.
inline bool states_gap(const Step& step) {
  return !step.extra.empty() && step.extra[0].warning && step.extra[0].warning->gap;
}
inline bool gives_task(const Step& step, TaskState state) {
  return !step.extra.empty() && step.extra.back().task &&
         step.extra.back().task->status.state == state;
}

// An open stream of a task that works.
inline StreamMachine working(Protocol protocol) {
  StreamMachine machine = protocol == Protocol::rvagent ? rvagent_with_task() : official(protocol);
  machine.on_head();
  machine.on_item(status_item(TaskState::working, "1"));
  return machine;
}

}  // namespace ruvector::a2a
