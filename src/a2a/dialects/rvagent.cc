#include "a2a/dialects/rvagent.h"

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "a2a/dialects/error_reader.h"
#include "a2a/dialects/json_rpc.h"
#include "a2a/dialects/request_url.h"
#include "a2a/dialects/task_reader.h"
#include "a2a/dialects/task_spec_writer.h"
#include "a2a/json_writer.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

constexpr WireForm kForm = WireForm::rvagent;

void require_id(std::string_view id) {
  if (id.empty()) throw std::invalid_argument("a2a: the id of a task is empty");
}

std::string id_params(std::string_view id) {
  require_id(id);
  JsonWriter json;
  json.begin_object().key("id").text(id).end_object();
  return std::move(json).take();
}

// The parameters of tasks/send. `context` is required; what has its default may be missing.
std::string task_params(const TaskSpec& spec) {
  require_id(spec.id);
  JsonWriter json;
  json.begin_object();
  json.key("id").text(spec.id);
  json.key("skill").text(spec.skill);
  json.key("message").begin_object();
  json.key("role").text(role_word(kForm, Role::user));
  write_parts(json, kForm, spec.input);
  json.end_object();
  if (spec.policy) {
    json.key("policy");
    write_policy(json, *spec.policy);
  }
  json.key("context");
  write_context(json, spec.context);
  json.object_member("metadata", spec.metadata, "a2a: metadata of a task");
  json.end_object();
  return std::move(json).take();
}

// The subscriber fell behind, and the server left events out.
StreamItem lag_item(const JsonFields& fields) {
  StreamItem item;
  item.update.kind = TaskUpdate::Kind::warning;
  item.update.warning.emplace();
  item.update.warning->reason = "lagged";
  item.update.warning->gap = true;
  item.update.warning->missed = fields.optional_unsigned("lagged");
  return item;
}

class RvagentCodec final : public Codec {
 public:
  RvagentCodec(Endpoint endpoint, std::size_t json_depth) : endpoint_(std::move(endpoint)) {
    if (endpoint_.binding != Binding::jsonrpc) {
      throw std::invalid_argument("a2a: rvagent has no binding but JSONRPC");
    }
    limits_.depth = json_depth;
  }

  WireCall send_task(const TaskSpec& spec, std::string_view rpc_id) const override {
    return rpc_call("tasks/send", task_params(spec), rpc_id);
  }
  WireCall stream_task(const TaskSpec& spec, std::string_view /*rpc_id*/) const override {
    require_id(spec.id);
    return stream_call("/tasks/sendSubscribe?id=" + percent_encoded(spec.id));
  }
  bool sends_beside_stream() const noexcept override { return true; }
  WireCall subscribe_task(std::string_view id, std::string_view last_timestamp, int attempt,
                          std::string_view rpc_id) const override;
  WireCall get_task(std::string_view id, std::optional<std::uint32_t> /*history_length*/,
                    std::string_view rpc_id) const override {
    return rpc_call("tasks/get", id_params(id), rpc_id);
  }
  WireCall list_tasks(std::string_view /*context_id*/, std::string_view /*page_token*/,
                      std::uint32_t /*page_size*/, std::string_view /*rpc_id*/) const override {
    throw UnsupportedOperation("a2a: rvagent does not list tasks");
  }
  WireCall cancel_task(std::string_view id, std::string_view rpc_id) const override {
    return rpc_call("tasks/cancel", id_params(id), rpc_id);
  }
  WireCall extended_card(std::string_view /*rpc_id*/) const override {
    throw UnsupportedOperation("a2a: rvagent has no extended card");
  }
  WireCall set_push_config(std::string_view task_id, std::string_view config,
                           std::string_view rpc_id) const override;

  SendResult send_result(const net::ResponseHead& head, std::string_view body,
                         std::string_view rpc_id) const override {
    return {.task = task(head, body, rpc_id), .message = {}};
  }
  Task task(const net::ResponseHead& head, std::string_view body,
            std::string_view rpc_id) const override;
  Task cancelled_task(const net::ResponseHead& head, std::string_view body,
                      std::string_view rpc_id) const override;
  TaskPage task_page(const net::ResponseHead& /*head*/, std::string_view /*body*/,
                     std::string_view /*rpc_id*/) const override {
    throw UnsupportedOperation("a2a: rvagent does not list tasks");
  }
  std::string card_text(const net::ResponseHead& /*head*/, std::string_view /*body*/,
                        std::string_view /*rpc_id*/) const override {
    throw UnsupportedOperation("a2a: rvagent has no extended card");
  }
  std::string push_config(const net::ResponseHead& head, std::string_view body,
                          std::string_view rpc_id) const override;
  StreamItem stream_item(std::string_view event, std::string_view data,
                         std::string_view rpc_id) const override;
  StreamItem stream_refused(const net::ResponseHead& head, std::string_view body,
                            std::string_view rpc_id) const override;

 private:
  WireCall rpc_call(std::string_view method, std::string_view params,
                    std::string_view rpc_id) const;
  WireCall stream_call(std::string_view path) const;
  void read_answer(const net::ResponseHead& head, std::string_view body, std::string_view rpc_id,
                   const std::function<void(const JsonFields&)>& read) const;

  Endpoint endpoint_;
  JsonLimits limits_;
};

WireCall RvagentCodec::subscribe_task(std::string_view id, std::string_view last_timestamp,
                                      int /*attempt*/, std::string_view /*rpc_id*/) const {
  require_id(id);
  std::string path = "/tasks/resubscribe?id=" + percent_encoded(id);
  if (!last_timestamp.empty()) path += "&last_event_id=" + percent_encoded(last_timestamp);
  return stream_call(path);
}

WireCall RvagentCodec::set_push_config(std::string_view task_id, std::string_view config,
                                       std::string_view rpc_id) const {
  require_id(task_id);
  JsonWriter json;
  json.begin_object();
  json.key("id").text(task_id);
  json.key("pushNotificationConfig")
      .checked(config, "a2a: configuration of push notifications", true);
  json.end_object();
  return rpc_call("tasks/pushNotification/set", std::move(json).take(), rpc_id);
}

WireCall RvagentCodec::rpc_call(std::string_view method, std::string_view params,
                                std::string_view rpc_id) const {
  WireCall call;
  call.rpc_id = std::string(rpc_id);
  call.request.method = "POST";
  call.request.url = join_url(endpoint_.url, "/");
  call.request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
  call.request.body = rpc_request(method, params, rpc_id);
  return call;
}

WireCall RvagentCodec::stream_call(std::string_view path) const {
  WireCall call;
  call.request.url = join_url(endpoint_.url, path);
  call.request.headers = {{"Accept", "text/event-stream"}};
  call.request.is_stream = true;
  return call;
}

void RvagentCodec::read_answer(const net::ResponseHead& head, std::string_view body,
                               std::string_view rpc_id,
                               const std::function<void(const JsonFields&)>& read) const {
  const Json json = parse_rpc_answer(head, body, limits_.depth);
  const JsonFields answer(json, "answer");
  read(rpc_result(answer, rpc_id, ErrorCodes::rvagent, &head));
}

Task RvagentCodec::task(const net::ResponseHead& head, std::string_view body,
                        std::string_view rpc_id) const {
  Task task;
  read_answer(head, body, rpc_id,
              [&](const JsonFields& fields) { task = read_task(fields, kForm); });
  return task;
}

Task RvagentCodec::cancelled_task(const net::ResponseHead& head, std::string_view body,
                                  std::string_view rpc_id) const {
  Task task;
  read_answer(head, body, rpc_id, [&](const JsonFields& fields) {
    task.id = fields.required_string("id");
    if (!fields.optional_bool("canceled")) {
      throw TaskNotCancelable("a2a: the peer did not cancel the task " + task.id);
    }
  });
  task.status.state = TaskState::canceled;
  task.status.raw_state = "canceled";
  return task;
}

std::string RvagentCodec::push_config(const net::ResponseHead& head, std::string_view body,
                                      std::string_view rpc_id) const {
  std::string config;
  read_answer(head, body, rpc_id, [&](const JsonFields& fields) {
    config = to_text(fields.required_object("pushNotificationConfig").value());
  });
  return config;
}

// The data are bare; only the event's name says what they are.
StreamItem RvagentCodec::stream_item(std::string_view event, std::string_view data,
                                     std::string_view /*rpc_id*/) const {
  if (event != "status" && event != "artifact" && event != "warning") return unknown_item(event);
  const Json json = parse_json(data, "event", limits_);
  const JsonFields fields(json, event);
  if (event == "status") return item_of(read_status_event(fields, kForm));
  if (event == "artifact") return item_of(read_artifact_event(fields, kForm));
  return lag_item(fields);
}

// What is answered to a GET is no JSON-RPC: the status and the text are all there is.
StreamItem RvagentCodec::stream_refused(const net::ResponseHead& head, std::string_view body,
                                        std::string_view /*rpc_id*/) const {
  check_status(head, body, limits_.depth);
  throw_no_answer(head, body, "no stream of events");
}

}  // namespace

std::unique_ptr<Codec> make_rvagent_codec(Endpoint endpoint, std::size_t json_depth) {
  return std::make_unique<RvagentCodec>(std::move(endpoint), json_depth);
}

}  // namespace ruvector::a2a
