#include "a2a/dialects/official_codec.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "a2a/dialects/error_reader.h"
#include "a2a/dialects/json_rpc.h"
#include "a2a/dialects/request_url.h"
#include "a2a/dialects/rest_answer.h"
#include "a2a/dialects/task_reader.h"
#include "a2a/dialects/task_spec_writer.h"
#include "a2a/json_writer.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kErrorEvent = "error";

// Whether a stream that was refused with `task` needs no other request to know its end.
bool is_at_rest(const std::optional<Task>& task) {
  return task && (is_terminal(task->status.state) || is_interrupted(task->status.state));
}

}  // namespace

OfficialCodec::OfficialCodec(const OfficialNames& names, Endpoint endpoint, std::size_t json_depth)
    : names_(names), endpoint_(std::move(endpoint)) {
  limits_.depth = json_depth;
}

// Requests.

WireCall OfficialCodec::send_task(const TaskSpec& spec, std::string_view rpc_id) const {
  return message_call(names_.send, "/message:send", spec, rpc_id);
}

WireCall OfficialCodec::stream_task(const TaskSpec& spec, std::string_view rpc_id) const {
  WireCall call = message_call(names_.stream, "/message:stream", spec, rpc_id);
  expect_stream(call.request);
  return call;
}

WireCall OfficialCodec::subscribe_task(std::string_view id, std::string_view /*last_timestamp*/,
                                       int attempt, std::string_view rpc_id) const {
  WireCall call;
  if (is_rpc()) {
    call = rpc_call(names_.subscribe, id_params(id), rpc_id);
  } else if (attempt == 0) {
    // @a2a-js/sdk refuses a body without the type of JSON, and an empty one is a form's to curl.
    call = rest_call("POST", task_path(id, ":subscribe"), "{}");
  } else {
    call = rest_call("GET", task_path(id, ":subscribe"));
  }
  expect_stream(call.request);
  return call;
}

WireCall OfficialCodec::get_task(std::string_view id, std::optional<std::uint32_t> history_length,
                                 std::string_view rpc_id) const {
  if (is_rpc()) return rpc_call(names_.get, id_params(id, history_length), rpc_id);
  std::string query;
  if (history_length) query = "?historyLength=" + std::to_string(*history_length);
  return rest_call("GET", task_path(id, query));
}

WireCall OfficialCodec::cancel_task(std::string_view id, std::string_view rpc_id) const {
  return is_rpc() ? rpc_call(names_.cancel, id_params(id), rpc_id)
                  : rest_call("POST", task_path(id, ":cancel"), "{}");
}

WireCall OfficialCodec::extended_card(std::string_view rpc_id) const {
  if (!is_rpc()) return rest_call("GET", names_.card_path);
  JsonWriter params;
  params.begin_object().text_member("tenant", endpoint_.tenant).end_object();
  return rpc_call(names_.card, std::move(params).take(), rpc_id);
}

WireCall OfficialCodec::rpc_call(std::string_view method, std::string_view params,
                                 std::string_view rpc_id) const {
  WireCall call;
  call.rpc_id = std::string(rpc_id);
  call.request.method = "POST";
  call.request.url = endpoint_.url;
  call.request.body = rpc_request(method, params, rpc_id);
  add_headers(call.request, kJson);
  return call;
}

WireCall OfficialCodec::rest_call(std::string_view method, std::string_view path,
                                  std::string body) const {
  WireCall call;
  call.request.method = std::string(method);
  std::string whole(names_.path_prefix);
  if (!endpoint_.tenant.empty()) whole += "/" + percent_encoded(endpoint_.tenant);
  whole += path;
  call.request.url = join_url(endpoint_.url, whole);
  call.request.body = std::move(body);
  add_headers(call.request, names_.rest_media_type);
  return call;
}

WireCall OfficialCodec::message_call(std::string_view method, std::string_view path,
                                     const TaskSpec& spec, std::string_view rpc_id) const {
  JsonWriter json;
  json.begin_object();
  if (is_rpc()) json.text_member("tenant", endpoint_.tenant);
  json.key("message");
  write_message(json, form(), spec);
  json.key("configuration");
  write_configuration(json, form(), spec);
  json.object_member("metadata", spec.metadata, "a2a: metadata of a task");
  json.end_object();
  std::string params = std::move(json).take();
  WireCall call =
      is_rpc() ? rpc_call(method, params, rpc_id) : rest_call("POST", path, std::move(params));
  add_extensions(call.request, true);
  return call;
}

std::string OfficialCodec::id_params(std::string_view id,
                                     std::optional<std::uint32_t> history_length) const {
  if (id.empty()) throw std::invalid_argument("a2a: the id of a task is empty");
  JsonWriter json;
  json.begin_object();
  json.text_member("tenant", endpoint_.tenant);
  json.key("id").text(id);
  if (history_length) json.key("historyLength").number(std::uint64_t{*history_length});
  json.end_object();
  return std::move(json).take();
}

std::string OfficialCodec::task_path(std::string_view id, std::string_view rest) {
  if (id.empty()) throw std::invalid_argument("a2a: the id of a task is empty");
  return "/tasks/" + percent_encoded(id) + std::string(rest);
}

void OfficialCodec::add_headers(net::Request& request, std::string_view media_type) const {
  std::string accepted(media_type);
  if (media_type != kJson) accepted += ", " + std::string(kJson);  // before 1.0.1
  request.headers.emplace_back("Accept", std::move(accepted));
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", media_type);
  if (!names_.version.empty()) request.headers.emplace_back("A2A-Version", names_.version);
  add_extensions(request, false);
}

void OfficialCodec::add_extensions(net::Request& request, bool has_task_spec) const {
  std::string uris;
  for (const std::string& uri : endpoint_.extensions) {
    if (has_task_spec && uri == kTaskSpecExtension) continue;
    uris += (uris.empty() ? "" : ", ") + uri;
  }
  if (has_task_spec) uris += (uris.empty() ? "" : ", ") + std::string(kTaskSpecExtension);
  if (uris.empty()) return;
  std::erase_if(request.headers,
                [&](const auto& header) { return header.first == names_.extensions_header; });
  request.headers.emplace_back(names_.extensions_header, std::move(uris));
}

void OfficialCodec::expect_stream(net::Request& request) {
  request.is_stream = true;
  for (auto& [name, value] : request.headers) {
    if (name == "Accept") value = kEventStream;
  }
}

// Answers.

void OfficialCodec::read_answer(const net::ResponseHead& head, std::string_view body,
                                std::string_view rpc_id,
                                const std::function<void(const JsonFields&)>& read) const {
  if (is_rpc()) {
    const Json json = parse_rpc_answer(head, body, limits_.depth);
    const JsonFields answer(json, "answer");
    read(rpc_result(answer, rpc_id, ErrorCodes::official, &head));
  } else {
    const Json json = parse_rest_answer(head, body, limits_.depth);
    read(JsonFields(json, "answer"));
  }
}

SendResult OfficialCodec::send_result(const net::ResponseHead& head, std::string_view body,
                                      std::string_view rpc_id) const {
  SendResult result;
  read_answer(head, body, rpc_id,
              [&](const JsonFields& fields) { result = read_send_result(fields, form()); });
  return result;
}

Task OfficialCodec::task(const net::ResponseHead& head, std::string_view body,
                         std::string_view rpc_id) const {
  Task task;
  read_answer(head, body, rpc_id,
              [&](const JsonFields& fields) { task = read_task(fields, form()); });
  return task;
}

Task OfficialCodec::cancelled_task(const net::ResponseHead& head, std::string_view body,
                                   std::string_view rpc_id) const {
  return task(head, body, rpc_id);
}

TaskPage OfficialCodec::task_page(const net::ResponseHead& head, std::string_view body,
                                  std::string_view rpc_id) const {
  TaskPage page;
  read_answer(head, body, rpc_id,
              [&](const JsonFields& fields) { page = read_task_page(fields, form()); });
  return page;
}

std::string OfficialCodec::card_text(const net::ResponseHead& head, std::string_view body,
                                     std::string_view rpc_id) const {
  std::string text;
  read_answer(head, body, rpc_id, [&](const JsonFields& fields) {
    text = is_rpc() ? to_text(fields.value()) : std::string(body);
  });
  return text;
}

StreamItem OfficialCodec::stream_item(std::string_view event, std::string_view data,
                                      std::string_view rpc_id) const {
  const Json json = parse_json(data, "event", limits_);
  const JsonFields fields(json, "event");
  if (is_rpc()) {
    return read_stream_item(rpc_result(fields, rpc_id, ErrorCodes::official, nullptr), form());
  }
  if (event == kErrorEvent || fields.has("error")) throw_rest_error(fields, nullptr);
  return read_stream_item(fields, form());
}

StreamItem OfficialCodec::stream_refused(const net::ResponseHead& head, std::string_view body,
                                         std::string_view rpc_id) const {
  StreamItem item;
  read_answer(head, body, rpc_id,
              [&](const JsonFields& fields) { item = read_stream_item(fields, form()); });
  item.is_final = item.is_final || is_at_rest(item.update.task);
  return item;
}

}  // namespace ruvector::a2a
