// What the codecs of A2A 0.3 and 1.0 have in common. The classes of v0_3.cc and v1_0.cc add the
// calls that differ by more than names.
// Thread-safe: no state but what it is made with.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "a2a/codec.h"
#include "a2a/dialects/wire_form.h"
#include "a2a/json_fields.h"

namespace ruvector::a2a {

struct OfficialNames {
  // Methods of JSON-RPC.
  std::string_view send;
  std::string_view stream;
  std::string_view subscribe;
  std::string_view get;
  std::string_view cancel;
  std::string_view card;
  // Of HTTP.
  std::string_view path_prefix;
  std::string_view card_path;
  std::string_view rest_media_type;
  std::string_view version;  // in the header A2A-Version; empty: none is sent
  std::string_view extensions_header;
  WireForm rpc_form;
  WireForm rest_form;
};

class OfficialCodec : public Codec {
 public:
  WireCall send_task(const TaskSpec& spec, std::string_view rpc_id) const final;
  WireCall stream_task(const TaskSpec& spec, std::string_view rpc_id) const final;
  bool sends_beside_stream() const noexcept final { return false; }
  WireCall subscribe_task(std::string_view id, std::string_view last_timestamp, int attempt,
                          std::string_view rpc_id) const final;
  WireCall get_task(std::string_view id, std::optional<std::uint32_t> history_length,
                    std::string_view rpc_id) const final;
  WireCall cancel_task(std::string_view id, std::string_view rpc_id) const final;
  WireCall extended_card(std::string_view rpc_id) const final;

  SendResult send_result(const net::ResponseHead& head, std::string_view body,
                         std::string_view rpc_id) const final;
  Task task(const net::ResponseHead& head, std::string_view body,
            std::string_view rpc_id) const final;
  Task cancelled_task(const net::ResponseHead& head, std::string_view body,
                      std::string_view rpc_id) const final;
  TaskPage task_page(const net::ResponseHead& head, std::string_view body,
                     std::string_view rpc_id) const final;
  std::string card_text(const net::ResponseHead& head, std::string_view body,
                        std::string_view rpc_id) const final;
  StreamItem stream_item(std::string_view event, std::string_view data,
                         std::string_view rpc_id) const final;
  StreamItem stream_refused(const net::ResponseHead& head, std::string_view body,
                            std::string_view rpc_id) const final;

 protected:
  OfficialCodec(const OfficialNames& names, Endpoint endpoint, std::size_t json_depth);

  bool is_rpc() const noexcept { return endpoint_.binding == Binding::jsonrpc; }
  WireForm form() const noexcept { return is_rpc() ? names_.rpc_form : names_.rest_form; }
  const std::string& tenant() const noexcept { return endpoint_.tenant; }

  // `params` is a JSON object's text.
  WireCall rpc_call(std::string_view method, std::string_view params,
                    std::string_view rpc_id) const;
  // `path` is what follows the dialect's prefix; an empty body is none.
  WireCall rest_call(std::string_view method, std::string_view path, std::string body = {}) const;
  // The path of a task: "/tasks/<id>" and `rest`. Throws std::invalid_argument for an empty id.
  static std::string task_path(std::string_view id, std::string_view rest = {});

  // Gives the object that a complete answer is about to `read`. Throws the error that it reports.
  void read_answer(const net::ResponseHead& head, std::string_view body, std::string_view rpc_id,
                   const std::function<void(const JsonFields&)>& read) const;

 private:
  WireCall message_call(std::string_view method, std::string_view path, const TaskSpec& spec,
                        std::string_view rpc_id) const;
  std::string id_params(std::string_view id,
                        std::optional<std::uint32_t> history_length = {}) const;
  void add_headers(net::Request& request, std::string_view media_type) const;
  // In the place of those that are there.
  void add_extensions(net::Request& request, bool has_task_spec) const;
  static void expect_stream(net::Request& request);

  const OfficialNames& names_;
  Endpoint endpoint_;
  JsonLimits limits_;
};

}  // namespace ruvector::a2a
