// Reads arbitrary bytes as every kind of answer. The first byte chooses the dialect, the binding
// and the status; the rest is the body. Whatever is wrong must be an A2aError.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "a2a/codec.h"
#include "ruvector/base/a2a_errors.h"

namespace {

using ruvector::Binding;
using ruvector::Protocol;
using ruvector::TaskUpdate;
using ruvector::a2a::Codec;
using ruvector::a2a::Endpoint;

constexpr std::array<int, 8> kStatuses = {200, 201, 400, 401, 404, 409, 501, 503};
constexpr std::string_view kRpcId = "r3";

void require(bool condition) {
  if (!condition) std::abort();
}

std::unique_ptr<Codec> codec_of(Protocol protocol, Binding binding) {
  Endpoint endpoint;
  endpoint.protocol = protocol;
  endpoint.binding = binding;
  endpoint.url = "http://127.0.0.1:1";
  return ruvector::a2a::make_codec(std::move(endpoint), 64);
}

const std::vector<std::unique_ptr<Codec>>& codecs() {
  static const std::vector<std::unique_ptr<Codec>> all = [] {
    std::vector<std::unique_ptr<Codec>> made;
    made.push_back(codec_of(Protocol::rvagent, Binding::jsonrpc));
    made.push_back(codec_of(Protocol::v0_3, Binding::jsonrpc));
    made.push_back(codec_of(Protocol::v0_3, Binding::http_json));
    made.push_back(codec_of(Protocol::v1_0, Binding::jsonrpc));
    made.push_back(codec_of(Protocol::v1_0, Binding::http_json));
    return made;
  }();
  return all;
}

// The member that `kind` names is there.
void check(const TaskUpdate& update) {
  switch (update.kind) {
    case TaskUpdate::Kind::status:
      return require(update.status && update.status->task_id == update.task_id);
    case TaskUpdate::Kind::artifact:
      return require(update.artifact && update.artifact->task_id == update.task_id);
    case TaskUpdate::Kind::task:
      return require(update.task && update.task->id == update.task_id);
    case TaskUpdate::Kind::message:
      return require(update.message.has_value());
    case TaskUpdate::Kind::warning:
      return require(update.warning.has_value());
  }
}

template <class Read>
void attempt(Read read) {
  try {
    read();
  } catch (const ruvector::A2aError&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Codec& codec = *codecs()[data[0] % codecs().size()];
  ruvector::net::ResponseHead head;
  head.status = kStatuses[data[0] / codecs().size() % kStatuses.size()];
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);

  attempt([&] {
    const auto result = codec.send_result(head, body, kRpcId);
    require(result.task.has_value() != result.message.has_value());
  });
  attempt([&] { static_cast<void>(codec.task(head, body, kRpcId)); });
  attempt([&] { static_cast<void>(codec.cancelled_task(head, body, kRpcId)); });
  attempt([&] { static_cast<void>(codec.task_page(head, body, kRpcId)); });
  attempt([&] { static_cast<void>(codec.card_text(head, body, kRpcId)); });
  attempt([&] { static_cast<void>(codec.push_config(head, body, kRpcId)); });
  attempt([&] { check(codec.stream_refused(head, body, kRpcId).update); });
  for (const std::string_view event : {"message", "status", "artifact", "warning", "error"}) {
    attempt([&] { check(codec.stream_item(event, body, kRpcId).update); });
  }
  return 0;
}
