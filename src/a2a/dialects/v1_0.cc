#include "a2a/dialects/v1_0.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "a2a/dialects/official_codec.h"
#include "a2a/dialects/request_url.h"
#include "a2a/json_writer.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

constexpr OfficialNames kNames = {
    .send = "SendMessage",
    .stream = "SendStreamingMessage",
    .subscribe = "SubscribeToTask",
    .get = "GetTask",
    .cancel = "CancelTask",
    .card = "GetExtendedAgentCard",
    .path_prefix = "",
    .card_path = "/extendedAgentCard",
    .rest_media_type = "application/a2a+json",
    .version = "1.0",
    .extensions_header = "A2A-Extensions",
    .rpc_form = WireForm::v1_0,
    .rest_form = WireForm::v1_0,
};

class V10Codec final : public OfficialCodec {
 public:
  V10Codec(Endpoint endpoint, std::size_t json_depth)
      : OfficialCodec(kNames, std::move(endpoint), json_depth) {}

  WireCall list_tasks(std::string_view context_id, std::string_view page_token,
                      std::uint32_t page_size, std::string_view rpc_id) const override {
    if (!is_rpc())
      return rest_call("GET", "/tasks" + page_query(context_id, page_token, page_size));
    JsonWriter json;
    json.begin_object();
    json.text_member("tenant", tenant()).text_member("contextId", context_id);
    if (page_size != 0) json.key("pageSize").number(std::uint64_t{page_size});
    json.text_member("pageToken", page_token);
    json.end_object();
    return rpc_call("ListTasks", std::move(json).take(), rpc_id);
  }

  // The configuration is flat, with the task's id in it.
  WireCall set_push_config(std::string_view task_id, std::string_view config,
                           std::string_view rpc_id) const override {
    std::string params = push_params(task_id, config);
    return is_rpc() ? rpc_call("CreateTaskPushNotificationConfig", params, rpc_id)
                    : rest_call("POST", task_path(task_id, "/pushNotificationConfigs"),
                                std::move(params));
  }

  std::string push_config(const net::ResponseHead& head, std::string_view body,
                          std::string_view rpc_id) const override {
    std::string config;
    read_answer(head, body, rpc_id,
                [&](const JsonFields& fields) { config = to_text(fields.value()); });
    return config;
  }

 private:
  std::string push_params(std::string_view task_id, std::string_view config) const {
    constexpr std::string_view kConfig = "a2a: configuration of push notifications";
    Json parsed;
    try {
      parsed = parse_json(config, kConfig);
    } catch (const ProtocolError& error) {
      throw std::invalid_argument(error.what());
    }
    if (!parsed.is(Json::Kind::object)) {
      throw std::invalid_argument(std::string(kConfig) + ": must be a JSON object");
    }
    JsonWriter json;
    json.begin_object();
    if (is_rpc()) json.text_member("tenant", tenant());
    json.key("taskId").text(task_id);
    for (const auto& [name, value] : parsed.members) {
      if (name == "tenant" || name == "taskId") continue;
      json.text_key(name).raw(to_text(value));
    }
    json.end_object();
    return std::move(json).take();
  }

  static std::string page_query(std::string_view context_id, std::string_view page_token,
                                std::uint32_t page_size) {
    std::string query;
    const auto add = [&](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      query += query.empty() ? '?' : '&';
      query += std::string(name) + "=" + percent_encoded(value);
    };
    add("contextId", context_id);
    if (page_size != 0) add("pageSize", std::to_string(page_size));
    add("pageToken", page_token);
    return query;
  }
};

}  // namespace

std::unique_ptr<Codec> make_v1_0_codec(Endpoint endpoint, std::size_t json_depth) {
  return std::make_unique<V10Codec>(std::move(endpoint), json_depth);
}

}  // namespace ruvector::a2a
