#include "a2a/dialects/v0_3.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "a2a/dialects/official_codec.h"
#include "a2a/json_writer.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

constexpr OfficialNames kNames = {
    .send = "message/send",
    .stream = "message/stream",
    .subscribe = "tasks/resubscribe",
    .get = "tasks/get",
    .cancel = "tasks/cancel",
    .card = "agent/getAuthenticatedExtendedCard",
    .path_prefix = "/v1",
    .card_path = "/card",
    .rest_media_type = "application/json",
    .version = "",
    .extensions_header = "X-A2A-Extensions",
    .rpc_form = WireForm::v0_3,
    .rest_form = WireForm::v0_3_rest,
};

class V03Codec final : public OfficialCodec {
 public:
  V03Codec(Endpoint endpoint, std::size_t json_depth)
      : OfficialCodec(kNames, std::move(endpoint), json_depth) {}

  WireCall list_tasks(std::string_view /*context_id*/, std::string_view /*page_token*/,
                      std::uint32_t /*page_size*/, std::string_view /*rpc_id*/) const override {
    throw UnsupportedOperation("a2a: peers of A2A 0.3 do not list tasks");
  }

  WireCall set_push_config(std::string_view task_id, std::string_view config,
                           std::string_view rpc_id) const override {
    if (!is_rpc()) return rest_push_config(task_id, config);
    JsonWriter json;
    json.begin_object();
    json.key("taskId").text(task_id);
    json.key("pushNotificationConfig").checked(config, kConfig, true);
    json.end_object();
    return rpc_call("tasks/pushNotificationConfig/set", std::move(json).take(), rpc_id);
  }

  std::string push_config(const net::ResponseHead& head, std::string_view body,
                          std::string_view rpc_id) const override {
    std::string config;
    read_answer(head, body, rpc_id, [&](const JsonFields& fields) {
      config = to_text(fields.required_object("pushNotificationConfig").value());
    });
    return config;
  }

 private:
  static constexpr std::string_view kConfig = "a2a: configuration of push notifications";

  // Protobuf's request names the configuration by the path of a resource.
  WireCall rest_push_config(std::string_view task_id, std::string_view config) const {
    std::string id;
    try {
      const Json parsed = parse_json(config, kConfig);
      id = JsonFields(parsed, kConfig).optional_string("id");
    } catch (const ProtocolError& error) {
      throw std::invalid_argument(error.what());
    }
    const std::string parent = "tasks/" + std::string(task_id);
    JsonWriter json;
    json.begin_object();
    json.key("parent").text(parent).text_member("configId", id);
    json.key("config").begin_object();
    json.key("name").text(parent + "/pushNotificationConfigs/" + id);
    json.key("pushNotificationConfig").checked(config, kConfig, true);
    json.end_object().end_object();
    return rest_call("POST", task_path(task_id, "/pushNotificationConfigs"),
                     std::move(json).take());
  }
};

}  // namespace

std::unique_ptr<Codec> make_v0_3_codec(Endpoint endpoint, std::size_t json_depth) {
  return std::make_unique<V03Codec>(std::move(endpoint), json_depth);
}

}  // namespace ruvector::a2a
